"""What becomes of results over time: steadied boxes, events, and what a run adds up to."""
