"""VLAD: round each centre of a codebook, where its cells lie together."""

import numpy as np

from getnet_tf.retrieval.unit import unit


def vlad(cells, centres):
    """V_c = sum of x - c over the cells x that are nearest to c; each at length 1, the signed root of all, at length 1.

    Args:
        cells: (N, K) float.
        centres: (C, K) float.

    Returns:
        (C K,) float32. A centre that no cell is nearest to has zeros.

    Source: Jegou et al. 2010; of convolutional maps Ng, Yang, Davis 2015 (arXiv:1504.05133).
    """
    square = (centres**2).sum(
        axis=1
    ) - 2 * cells @ centres.T  # of the distance, but for what all centres share
    nearest = np.eye(len(centres), dtype=np.float32)[square.argmin(axis=1)]  # (N, C)
    blocks = nearest.T @ cells - nearest.sum(axis=0)[:, None] * centres
    blocks = unit(blocks.astype(np.float32)).ravel()
    return unit(np.sign(blocks) * np.sqrt(np.abs(blocks)))
