"""The outline of a known thing in the area of a frame where it was found, and how far it is turned there."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from edge_demo.model.alignment.aligner import Aligner, Shape

Points = tuple[tuple[float, float], ...]  # (x, y), pixels of the frame, as edges

OFF = "off"
# Kind of outline -> the way of `WAYS` in which the thing is laid, and points of each side.
OUTLINES: dict[str, tuple[str, int]] = {"flat": ("affine", 1), "bent": ("cascade", 8)}


@dataclasses.dataclass(frozen=True)
class Outline:
    """How a thing lies."""

    points_px: Points  # from the thing's top left corner on, along its top edge first
    angle_deg: float  # clockwise as seen, in -180 ... 180


def outline_in(
    frame_bgr_u8: np.ndarray, area: tuple[int, int, int, int], shape: Shape, aligner: Aligner, kind: str
) -> Outline | None:
    """The outline of a thing in an area of a frame; None if the two do not fit.

    Args:
        frame_bgr_u8: (H, W, 3) uint8.
        area: (left, top, right, bottom) of the frame, as `area_of` gives it.
        shape: of the thing.
        aligner: lays it.
        kind: a key of `OUTLINES`.
    """
    left, top, right, bottom = area
    way, a_side = OUTLINES[kind]
    laid = aligner.laid(shape, frame_bgr_u8[top:bottom, left:right], way)
    if laid.confidence < 0:
        return None
    # A placement has pixel centres at integers, a frame its edges.
    points_px = laid.placement.outline(a_side) + 0.5 + np.array([left, top])
    return Outline(tuple(map(tuple, points_px.tolist())), laid.angle_deg)
