"""The model file and what is done with it: from a frame and a reference to a box and a score."""
