"""Parts of a picture that get codes of their own: where they are, how they are pooled, and how they join the code of the whole."""
