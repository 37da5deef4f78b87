"""A search that keeps the layout: a reference's cells, in several sizes and turns, laid over those of a frame."""
