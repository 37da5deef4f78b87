"""The turns in which a reference is tried: no feature of a network looks the same when it is turned, so each is seen by itself."""

from __future__ import annotations

import numpy as np

TURNS = 8  # in a circle
WIDENED = 1.2  # how much more than its square a reference is read that stands on a corner, which else would lie outside


def turn_theta(number: int) -> np.ndarray:
    """The affine theta (6,) float32 that reads a square image turned by `number` eighths of a circle, black beyond its edges.

    An even number reads what `numpy.rot90(image, number / 2)` shows.
    """
    angle = 2 * np.pi * number / TURNS
    cos, sin = np.round([np.cos(angle), np.sin(angle)], 12) * (WIDENED if number % 2 else 1.0)
    return np.array([cos, -sin, 0, sin, cos, 0], np.float32)
