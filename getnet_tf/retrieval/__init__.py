"""Where else is this? Codes of pictures, an index of them, and the answers in order: a room of its own beside the search in a frame."""
