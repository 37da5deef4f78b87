"""MOP-CNN: the whole, and windows of two smaller sizes without an order, joined."""

import numpy as np

from getnet_tf.retrieval.codes.vlad import vlad
from getnet_tf.retrieval.unit import unit

SHARES = (0.5, 0.25)  # of the shorter side, that the windows of the second and third scale have
STEP = 0.125  # of the shorter side, from one window to the next


def windows(hw, share):
    """All windows of a share of the shorter side: list of (xmin, ymin, xmax, ymax), whole cells, row by row."""
    side, step = max(round(min(hw) * share), 1), max(round(min(hw) * STEP), 1)
    rows, columns = (range(0, length - side + 1, step) for length in hw)
    return [(x, y, x + side, y + side) for y in rows for x in columns]


def pooled(maps, share):
    """The mean of the cells in each window of a map (h, w, K): (N, K)."""
    boxes = windows(maps.shape[:2], share)
    return np.stack([maps[top:bottom, left:right].mean(axis=(0, 1)) for left, top, right, bottom in boxes])


def mop(maps, codebooks):
    """The mean of the whole, at length 1, then for each smaller scale VLAD of its windows; joined, at length 1.

    Args:
        maps: (h, w, K) float.
        codebooks: for each of `SHARES` its centres (C, K), of windows of that size.

    Returns:
        (K + 2 C K,) float32.

    Source: Gong et al. 2014 (arXiv:1403.1840): windows of 256, 128 and 64 of 256 pixels, 32 pixels apart; differs: windows of
    one map in the place of pictures seen one by one, and no PCA before VLAD.
    """
    scales = [vlad(pooled(maps, share), centres) for share, centres in zip(SHARES, codebooks, strict=True)]
    return unit(np.concatenate([unit(maps.mean(axis=(0, 1))), *scales]))
