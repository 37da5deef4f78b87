"""Where the parts of one picture lie in another, in pixels of both."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from edge_demo.model.alignment.stretched import Hw, to_norm, to_px
from edge_demo.model.alignment.ways import carried, found


@dataclasses.dataclass(frozen=True, eq=False)
class Placement:
    """How A lies in B, by one way. Points are (N, 2) float, pixels of the pictures as they were before they were stretched."""

    thetas: Mapping[str, np.ndarray]  # kind -> (P,)
    way: str  # of `WAYS`
    hw_a: Hw  # of the pictures, pixels
    hw_b: Hw
    image_hw: Hw  # of the network's image

    def carried(self, points_px: np.ndarray) -> np.ndarray:
        """Where points of B lie in A."""
        points = carried(self.thetas, self.way, to_norm(points_px, self.hw_b, self.image_hw))
        return to_px(points, self.hw_a, self.image_hw)

    def found(self, points_px: np.ndarray) -> np.ndarray:
        """Where points of A lie in B."""
        points = found(self.thetas, self.way, to_norm(points_px, self.hw_a, self.image_hw))
        return to_px(points, self.hw_b, self.image_hw)

    def outline(self, a_side: int = 1) -> np.ndarray:
        """Where A's outline lies in B: (4 a_side, 2) float64, as `outline_of`."""
        return self.found(outline_of(self.hw_a, a_side))


def outline_of(picture_hw: Hw, a_side: int = 1) -> np.ndarray:
    """The outline of a whole picture of (H, W) pixels, from the top left corner on, to the right first.

    Pixel centres lie at integers, so it begins at -0.5.

    Args:
        picture_hw: (H, W), pixels.
        a_side: points of each side, its first corner among them.

    Returns:
        (4 a_side, 2) float64.
    """
    height, width = picture_hw
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float) - 0.5
    along = (np.arange(a_side) / a_side)[:, None, None]
    sides = corners + along * (np.roll(corners, -1, axis=0) - corners)  # (a_side, 4, 2)
    return sides.transpose(1, 0, 2).reshape(-1, 2)
