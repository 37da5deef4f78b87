"""What a person sees of a frame, and what they can ask for, be it in a window or on a page."""
