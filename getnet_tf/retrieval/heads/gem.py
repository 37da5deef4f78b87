"""GeM: a mean between the average (p = 1) and the maximum (p without end)."""

import numpy as np

POWER = 3.0
LEAST = 1e-6  # below which nothing counts, so that the root has a slope


def gem(maps, xp=np, power=POWER):
    """f_k = (mean over (x, y) of X_k(x, y) ** p) ** (1 / p).

    Args:
        maps: (B, h, w, K) float, none below 0.
        xp: NumPy or `keras.ops`.
        power: p, at least 1; a number, or a scalar tensor where it is learned.

    Returns:
        (B, 1, K) float.

    Source: Radenovic, Tolias, Chum 2018 (arXiv:1711.02512), eq. 3.
    """
    mean = xp.mean(xp.maximum(maps, LEAST) ** power, axis=(1, 2))
    return (mean ** (1.0 / power))[:, None]
