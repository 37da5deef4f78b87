"""Parts of a frame to look at alone: around a box, or tile by tile, and how boxes get from a part back to the frame.

The localiser looks at 320 pixels of whatever it is given, so in a part of the frame it sees more of small things; and cut to
the shape of the box that was found, a part shows a long thing less long, as those were that it learned from.

Convention: as `geometry`; a region is a box of whole pixels.
"""

from __future__ import annotations

import cv2
import numpy as np

from edge_demo.model.object_match import Box

Region = tuple[int, int, int, int]  # (xmin, ymin, xmax, ymax), pixels of the frame
MOST_PX = 640  # twice what the localiser looks at


def whole(frame_wh: tuple[int, int]) -> Region:
    """The region that is all of the frame."""
    return (0, 0, *frame_wh)


def around(box_px: Box, widen: float, least: float, frame_wh: tuple[int, int]) -> Region:
    """A box, widened about its middle; it may stick out of the frame.

    Args:
        box_px: pixels of the frame.
        widen: the region's sides are so many times the box's,
        least: but at least this share of the frame's own, in [0, 1].
        frame_wh: (width, height), pixels.

    Raises:
        ValueError: if `widen` is below 1 or `least` not in [0, 1].

    Example:
        >>> around((310.0, 235.0, 330.0, 245.0), 2.0, 0.25, (640, 480))
        (240, 180, 400, 300)
    """
    if not (widen >= 1 and 0 <= least <= 1):
        raise ValueError(
            f"Invalid region. Expected widen >= 1 and least in [0, 1], received: {widen=}, {least=}."
        )
    spans = [
        _span(box_px[axis], box_px[axis + 2], widen, round(least * length))
        for axis, length in enumerate(frame_wh)
    ]
    return (spans[0][0], spans[1][0], spans[0][1], spans[1][1])


def cut(frame_bgr_u8: np.ndarray, region: Region) -> np.ndarray:
    """What a region shows; beyond the frame, the pixels at its edge go on.

    Cut off at the edge instead, the region would lose its shape and the thing in it would look long or large again.

    Args:
        frame_bgr_u8: (H, W, 3) uint8.
        region: of it; at least a pixel of it lies inside.

    Returns:
        (h, w, 3) uint8: of the region's size, or, if that is large and sticks out, reduced to `MOST_PX` a side.
    """
    xmin, ymin, xmax, ymax = region
    height, width = frame_bgr_u8.shape[:2]
    inside = frame_bgr_u8[max(ymin, 0) : min(ymax, height), max(xmin, 0) : min(xmax, width)]
    beyond = np.maximum([-ymin, ymax - height, -xmin, xmax - width], 0)
    if not beyond.any():
        return inside
    # Reduced before it grows, not after: the copy of a large frame would take longer than the search.
    scale = np.minimum(MOST_PX / np.array([ymax - ymin, xmax - xmin]), 1)
    if (scale < 1).any():
        inside_hw = np.maximum(np.rint(inside.shape[:2] * scale), 1).astype(int)
        inside = cv2.resize(inside, tuple(map(int, inside_hw[::-1])), interpolation=cv2.INTER_AREA)
        beyond = np.rint(beyond * np.repeat(scale, 2)).astype(int)
    return cv2.copyMakeBorder(inside, *map(int, beyond), cv2.BORDER_REPLICATE)


def piece_of(frame_bgr_u8: np.ndarray, box_px: Box) -> np.ndarray:
    """A copy of what a box, cut off at the edges, shows of a frame, (H, W, 3) uint8: (h, w, 3)."""
    height, width = frame_bgr_u8.shape[:2]
    xmin, ymin, xmax, ymax = (round(edge) for edge in box_px)
    return frame_bgr_u8[max(ymin, 0) : min(ymax, height), max(xmin, 0) : min(xmax, width)].copy()


def tiles(share: float, per_side: int, frame_wh: tuple[int, int]) -> list[Region]:
    """Equal tiles of a frame, row by row, the first and last at its edges.

    Args:
        share: a tile's sides, share of the frame's, in (0, 1].
        per_side: how many along each side, at least 1 and enough to leave nothing out: then things up to
            `share - (1 - share) / (per_side - 1)` of the frame's side are whole in some tile.
        frame_wh: (width, height), pixels.

    Raises:
        ValueError: if the tiles would not cover the frame.
    """
    if not (0 < share <= 1 and per_side >= 1 and share * per_side >= 1 - 1e-9):
        raise ValueError(
            f"Invalid tiles. Expected a share in (0, 1] and enough of them to cover a side, received: {share=}, {per_side=}."
        )
    starts = [(1 - share) * number / max(per_side - 1, 1) for number in range(per_side)]
    columns, rows = ([_edges(start, share, length) for start in starts] for length in frame_wh)
    return [(xmin, ymin, xmax, ymax) for ymin, ymax in rows for xmin, xmax in columns]


def to_frame(box_px: Box, region: Region, picture_wh: tuple[int, int], frame_wh: tuple[int, int]) -> Box:
    """A box in pixels of what `cut` made of a region, in pixels of the frame and clipped to it."""
    low, high = np.array(region[:2]), np.array(region[2:])
    moved = np.reshape(box_px, (2, 2)) * (high - low) / picture_wh + low
    return tuple(map(float, np.clip(moved, 0, frame_wh).ravel()))


def _span(low: float, high: float, widen: float, least_px: int) -> tuple[int, int]:
    size = max(round((high - low) * widen), least_px, 2)
    start = round((low + high - size) / 2)
    return start, start + size


def _edges(start: float, share: float, length: int) -> tuple[int, int]:
    first = min(round(start * length), length - 1)
    return first, max(min(round((start + share) * length), length), first + 1)
