"""Telling this one from another, learned from what the search takes for it."""
