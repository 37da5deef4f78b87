"""How a thing lies: a reference aligned with a picture of it, part by part, by an affine map and a spline."""
