"""Pictures, and how they become labelled pairs and composed scenes."""
