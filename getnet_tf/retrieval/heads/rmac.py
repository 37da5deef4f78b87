"""R-MAC: the maxima of squares of three sizes, each a part of the code."""

import numpy as np

from getnet_tf.retrieval.heads.mac import mac
from getnet_tf.retrieval.regions.grid import grid


def rmac(maps, xp=np):
    """MAC of every square of the grid.

    Args:
        maps: (B, h, w, K) float.
        xp: NumPy or `keras.ops`.

    Returns:
        (B, R, K) float: R is 14 on a square map.

    Source: Tolias, Sicre, Jegou 2016 (arXiv:1511.05879), section 3.2.
    """
    return xp.concatenate(
        [mac(maps[:, top:bottom, left:right], xp) for left, top, right, bottom in grid(maps.shape[1:3])],
        axis=1,
    )
