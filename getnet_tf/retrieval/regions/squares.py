"""Regions without a look at the picture: the squares of R-MAC's grid, to a smaller size than the head has them."""

import numpy as np

from getnet_tf.retrieval.regions.grid import grid

LEVELS = 5  # the smallest squares have a third of the shorter side


class Squares:
    """Proposes the squares of a grid, but the largest, which is the picture.

    Args:
        map_hw: (h, w) of the map, cells.
        levels: sizes, the whole among them.

    Call arguments:
        picture_rgb_u8: (H, W, 3) uint8.

    Returns:
        (R, 4) float32, edges (xmin, ymin, xmax, ymax) in pixels.
    """

    def __init__(self, map_hw, levels=LEVELS):
        self.map_hw = map_hw
        self.boxes = np.array([box for box in grid(map_hw, levels) if box != (0, 0, *map_hw[::-1])])
        self.fingerprint = f"squares {levels}"

    def __call__(self, picture_rgb_u8):
        (h, w), (height, width) = self.map_hw, picture_rgb_u8.shape[:2]
        return (self.boxes * (np.array([width, height] * 2) / [w, h, w, h])).astype(np.float32)
