"""MAC: the maximum of every channel over the cells."""

import numpy as np


def mac(maps, xp=np):
    """f_k = max over (x, y) of X_k(x, y).

    Args:
        maps: (B, h, w, K) float.
        xp: NumPy or `keras.ops`.

    Returns:
        (B, 1, K) float.

    Source: Tolias, Sicre, Jegou 2016 (arXiv:1511.05879), eq. 2; Azizpour et al. 2015.
    """
    return xp.max(maps, axis=(1, 2))[:, None]
