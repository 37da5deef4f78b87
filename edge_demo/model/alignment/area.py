"""The area in which a found thing is aligned: its box with a margin, as boxes cut off corners of what lies turned."""

from __future__ import annotations

import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.model.alignment.stretched import Hw

MARGIN = 1.25  # the area's sides over those of the box
LEAST_PX = 8  # an area's side


def area_of(box_px: tuple[float, float, float, float], frame_hw: Hw) -> tuple[int, int, int, int]:
    """The area round a box, as far as the frame goes.

    Args:
        box_px: (xmin, ymin, xmax, ymax), pixels of the frame, as edges.
        frame_hw: (H, W) of the frame, pixels.

    Returns:
        (left, top, right, bottom): the area is frame[top:bottom, left:right].

    Raises:
        EdgeError: if less than 8 pixels a side of it lie in the frame.
    """
    low, high = np.array(box_px[:2], float), np.array(box_px[2:], float)
    margin, limit = (MARGIN - 1) / 2 * (high - low), np.array(frame_hw[::-1])
    left, top = np.clip(np.floor(low - margin), 0, limit).astype(int).tolist()
    right, bottom = np.clip(np.ceil(high + margin), 0, limit).astype(int).tolist()
    if min(right - left, bottom - top) < LEAST_PX:
        raise EdgeError(
            f"Expected an area of at least {LEAST_PX}x{LEAST_PX} pixels inside the frame of {limit[0]}x{limit[1]}, received "
            f"the box ({', '.join(f'{edge:g}' for edge in box_px)}). Give (xmin, ymin, xmax, ymax) in pixels of the frame."
        )
    return left, top, right, bottom
