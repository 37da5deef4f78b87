"""Looks closer than at the whole picture, for one of a kind: at a part of it, round what was found, and tile by tile.

A look at a part costs what one at the whole picture costs. With so many tiles some part of a picture resembles nearly anything, but
seldom thrice: what matches in a tile counts once two closer looks agree. On pictures without the object, all tiles together are then
wrong no more often than one look at the whole.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from edge_demo.gallery.views import KnownObject, search_objects
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import Box, ObjectMatch
from edge_demo.model.regions import Region, around, cut, tiles, to_frame, whole

WIDEN = (2.4, 3.5)  # regions of closer looks, in turns: times the box; what is none seldom matches in both
LEAST = 0.2  # of the frame's sides, that such a region at least has
Grid = tuple[float, int]  # of tiles: share of the frame's sides, how many along each
GRIDS = HALVES, QUARTERS = (1 / 2, 3), (1 / 4, 5)


def look(matcher: Matcher, frame_bgr_u8: np.ndarray, known: KnownObject, region: Region) -> ObjectMatch:
    """Searches a region of a frame, (H, W, 3) uint8, for an object; the box is in pixels of the frame."""
    frame_wh = (frame_bgr_u8.shape[1], frame_bgr_u8.shape[0])
    part = cut(frame_bgr_u8, region)
    # Looks must agree with one another, so each is a close one.
    (found,) = search_objects(matcher, part, [known], early_no=False)
    box_px = to_frame(found.box_px, region, (part.shape[1], part.shape[0]), frame_wh)
    return dataclasses.replace(found, box_px=box_px)


def all_tiles(frame_wh: tuple[int, int], grids: tuple[Grid, ...] = GRIDS) -> list[Region]:
    """The tiles of grids, large ones first."""
    return [tile for share, per_side in grids for tile in tiles(share, per_side, frame_wh)]


def nearest(regions: list[Region], box_px: Box | None) -> list[Region]:
    """Regions in the order of how near their middles are to a box's; as they are where there is none."""
    if box_px is None:
        return regions
    middle = np.reshape(box_px, (2, 2)).mean(axis=0)
    return sorted(regions, key=lambda region: np.hypot(*np.reshape(region, (2, 2)).mean(axis=0) - middle))


def closer(box_px: Box, frame_wh: tuple[int, int], number: int = 0) -> Region:
    """Where to look again around a box; `number` counts the looks."""
    return around(box_px, WIDEN[number % len(WIDEN)], LEAST, frame_wh)


def everywhere(matcher: Matcher, frame_bgr_u8: np.ndarray, known: KnownObject) -> ObjectMatch:
    """Searches a single picture: the whole, every tile, and again around the best place of all; the worst of these three counts.

    Args:
        matcher: searches.
        frame_bgr_u8: (H, W, 3) uint8.
        known: the object.

    Returns:
        what was found; box and view are those of the closest look.
    """
    frame_wh = frame_bgr_u8.shape[1::-1]
    looks = [look(matcher, frame_bgr_u8, known, region) for region in (whole(frame_wh), *all_tiles(frame_wh))]
    best = min(looks, key=lambda found: found.distance)  # the first of equal ones
    again = [
        look(matcher, frame_bgr_u8, known, closer(best.box_px, frame_wh, number))
        for number in range(len(WIDEN))
    ]
    worst = max(best, *again, key=lambda found: found.distance)
    return dataclasses.replace(worst, box_px=again[0].box_px, view=again[0].view)
