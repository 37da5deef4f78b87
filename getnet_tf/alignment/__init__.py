"""How a thing lies, not only where: two pictures of one thing are laid over each other, by an affine map and by a spline.

Source: Rocco, Arandjelovic and Sivic 2017 (arXiv:1703.05593); differs where the files say so.
"""
