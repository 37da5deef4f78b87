"""Landmark pooling: features round points that the alignment carries over from another picture, zero where one is hidden."""

import numpy as np

from getnet_tf.retrieval.regions.roi import cells_under, parts_under
from getnet_tf.retrieval.unit import unit

SIDE = 0.2  # of the picture's shorter side, that a landmark's surroundings have


def carried(placement, points_px):
    """Where points of A lie in B, and which of them can be seen there.

    Args:
        placement: `edge_demo.model.alignment.placement.Placement`.
        points_px: (N, 2) float, pixels of A.

    Returns:
        points (N, 2) float, pixels of B, and visible (N,) bool: whether they lie on B. Pixel centres lie at integers.
    """
    points, (height, width) = placement.found(points_px), placement.hw_b
    inside = (points >= -0.5) & (points <= np.array([width, height]) - 0.5)
    return points, inside.all(axis=-1)


def landmark_code(maps, points_px, visible, picture_hw, side=SIDE):
    """The largest of every channel round each point; each at length 1, joined, at length 1.

    Two codes are alike where the same points look alike, in whatever place and turn they lie.

    Args:
        maps: (1, h, w, K) float, none below 0.
        points_px: (N, 2) float, pixels of the picture, centres at integers.
        visible: (N,) bool.
        picture_hw: (H, W), pixels.
        side: of the square round each, share of the picture's shorter side.

    Returns:
        (N K,) float32, of length 1; zeros for a point that is hidden.

    Source: the landmark pooling of FashionNet (Liu et al. 2016), maximum of the cells round each landmark; differs: the landmarks
    are given in one picture and carried over by an alignment, not predicted.
    """
    centre = np.asarray(points_px, float) + 0.5
    reach = side * min(picture_hw) / 2
    boxes = np.concatenate([centre - reach, centre + reach], axis=1)
    parts = parts_under(maps, cells_under(boxes, picture_hw, maps.shape[1:3]))
    pooled = np.array([part.max(axis=(1, 2))[0] for part in parts], np.float32)
    return unit(unit(pooled * np.asarray(visible)[:, None]).ravel())
