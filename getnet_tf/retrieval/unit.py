"""Vectors at length 1, so that products of two are cosines. `xp` computes: NumPy or `keras.ops`."""

import numpy as np

LEAST = 1e-12  # of a squared length, which keeps divisors from 0


def unit(vectors, xp=np):
    """Vectors (..., K) float, each at length 1; 0 stays 0."""
    # A product with itself: TFLite knows `square` here as L2_NORMALIZATION, whose 8-bit form is too coarse.
    square = xp.sum(vectors * vectors, axis=-1, keepdims=True)
    return vectors / xp.sqrt(xp.maximum(square, LEAST))
