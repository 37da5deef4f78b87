"""SPoC: the sum of all cells, those in the middle of the picture counting more."""

import numpy as np


def centre_weights(hw):
    """Weights (h, w) float32 of cells: a Gaussian round the centre, its deviation a third of the way to the nearest border."""
    h, w = hw
    y, x = np.arange(h) - (h - 1) / 2, np.arange(w) - (w - 1) / 2
    deviation = min(h, w) / 2 / 3
    return np.exp(-(y[:, None] ** 2 + x**2) / (2 * deviation**2)).astype(np.float32)


def spoc(maps, xp=np):
    """f = sum over (x, y) of w(x, y) X(x, y).

    Args:
        maps: (B, h, w, K) float.
        xp: NumPy or `keras.ops`.

    Returns:
        (B, 1, K) float.

    Source: Babenko and Lempitsky 2015 (arXiv:1510.07493), eq. 1-2.
    """
    weights = centre_weights(maps.shape[1:3])[:, :, None]
    return xp.sum(maps * weights, axis=(1, 2))[:, None]
