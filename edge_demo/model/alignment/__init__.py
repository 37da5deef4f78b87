"""How a known thing lies in the area where it was found: what a model file says of it, as places in pixels."""
