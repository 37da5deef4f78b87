"""What a run leaves behind or tells others; each output is a `Listener` in a file of its own."""
