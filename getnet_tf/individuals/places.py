"""Cells of a map and places of its picture.

Convention: as `getnet_tf.geometry`, -1 and +1 are the centres of the picture's corner pixels; the middles of the outermost cells lie inside.
"""

import numpy as np

from getnet_tf.data.matched_views import STRIDE, cell_middles

NEAR_CELLS = 1.5  # places no farther apart are one place, for a map can't tell them


def middles_norm(image_hw):
    """The middles of the cells of a picture's map, normalized, row by row: (h * w, 2) float32."""
    last_px = np.array(image_hw[::-1]) - 1
    return (cell_middles(image_hw).reshape(-1, 2) * 2 / last_px - 1).astype(np.float32)


def reach(image_hw):
    """How far from the middle of a picture the middles of the outermost cells lie, normalized: (2,), x and y."""
    side = np.array(image_hw[::-1])
    return (side - STRIDE) / (side - 1)


def near_norm(image_hw):
    """`NEAR_CELLS` of a square picture, normalized."""
    return NEAR_CELLS * 2 * STRIDE / (image_hw[0] - 1)
