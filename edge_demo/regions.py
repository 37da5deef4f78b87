"""Parts of a frame to look at alone: around a box, or tile by tile, and how boxes get from a part back to the frame.

The localiser looks at 320 pixels of whatever it is given, so in a part of the frame it sees more of small things; and cut to
the shape of the box that was found, a part shows a long thing less long, as those were that it learned from.

Convention: as `geometry`; a region is a box of whole pixels inside the frame.
"""

from __future__ import annotations

from edge_demo.matcher import Box

Region = tuple[int, int, int, int]  # (xmin, ymin, xmax, ymax), pixels of the frame


def whole(frame_wh: tuple[int, int]) -> Region:
    """The region that is all of the frame."""
    return (0, 0, *frame_wh)


def around(box_px: Box, widen: float, least: float, frame_wh: tuple[int, int]) -> Region:
    """A box, widened about its middle and pushed into the frame.

    Args:
        box_px: pixels of the frame; may stick out of it.
        widen: the region's sides are so many times the box's,
        least: but at least this share of the frame's own, in [0, 1], and at most all of them.
        frame_wh: (width, height), pixels.

    Raises:
        ValueError: if `widen` is not positive or `least` not in [0, 1].

    Example:
        >>> around((300.0, 220.0, 340.0, 260.0), 2.0, 0.25, (640, 480))
        (240, 180, 400, 300)
    """
    if not (widen > 0 and 0 <= least <= 1):
        raise ValueError(
            f"Invalid region. Expected widen > 0 and least in [0, 1], received: {widen=}, {least=}."
        )
    spans = [
        _span(box_px[axis], box_px[axis + 2], widen, least, length) for axis, length in enumerate(frame_wh)
    ]
    return (spans[0][0], spans[1][0], spans[0][1], spans[1][1])


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


def to_frame(box_px: Box, region: Region) -> Box:
    """A box in pixels of a region, in pixels of the frame."""
    xmin, ymin = region[:2]
    return (box_px[0] + xmin, box_px[1] + ymin, box_px[2] + xmin, box_px[3] + ymin)


def _span(low: float, high: float, widen: float, least: float, length: int) -> tuple[int, int]:
    size = min(max(round((high - low) * widen), round(length * least), 1), length)
    start = min(max(round((low + high - size) / 2), 0), length - size)
    return start, start + size


def _edges(start: float, share: float, length: int) -> tuple[int, int]:
    first = min(round(start * length), length - 1)
    return first, max(min(round((start + share) * length), length), first + 1)
