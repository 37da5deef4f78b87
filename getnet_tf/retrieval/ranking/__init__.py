"""How answers are put in order, beyond the cosine of two codes: each a pure function, and each says where in the picture the thing is."""
