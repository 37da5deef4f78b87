"""Looks for one of a thing's kind in a film: in the whole frame, round where it was, and tile by tile for what is small.

What matches in a tile counts once two closer looks agree, in the frames after. With so many tiles some part of a frame resembles
nearly anything, but seldom thrice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Sequence

import numpy as np

from edge_demo.errors import NotFinite
from edge_demo.gallery.views import KnownObject, search_objects
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import Box, ObjectMatch
from edge_demo.model.regions import Region
from edge_demo.model.scan import WIDEN, all_tiles, closer, look, nearest
from edge_demo.model.turns import Turns


class KindLooks:
    """What a `Pursuit` takes.

    Args:
        matcher: looks.
    """

    def __init__(self, matcher: Matcher):
        self._matcher = matcher

    def again(self, frame_bgr_u8: np.ndarray, known: KnownObject, where: ObjectMatch) -> ObjectMatch:
        """A look round where it was."""
        return self._look(frame_bgr_u8, known, closer(where.box_px, frame_bgr_u8.shape[1::-1]), where)

    def anew(self, frame_bgr_u8: np.ndarray, lost: Sequence[KnownObject], turns: Turns) -> list[ObjectMatch]:
        """A look at the whole frame for all of them."""
        return search_objects(self._matcher, frame_bgr_u8, lost, turns=turns)

    def part_by_part(
        self, known: KnownObject, last: ObjectMatch, where_px: Box | None
    ) -> Generator[None, np.ndarray, ObjectMatch]:
        """A look at tile after tile, each of another frame.

        Args:
            known: the object.
            last: what was said of it.
            where_px: where to begin.

        Yields:
            Takes the next frame, (H, W, 3) uint8, by `send`, and returns what was found, or `last`.
        """
        frame_bgr_u8 = yield
        frame_wh = frame_bgr_u8.shape[1::-1]
        for tile in nearest(all_tiles(frame_wh), where_px):
            found = self._look(frame_bgr_u8, known, tile, last)
            frame_bgr_u8 = yield
            for number in range(len(WIDEN)):
                if not found.match:
                    break
                region = closer(found.box_px, frame_wh, number)
                found = self._look(frame_bgr_u8, known, region, found)
                frame_bgr_u8 = yield
            if found.match:
                return found
        return last

    def _look(
        self, frame_bgr_u8: np.ndarray, known: KnownObject, region: Region, before: ObjectMatch
    ) -> ObjectMatch:
        """A look at a region; where the model gives no number for it, as for one that is black, it is not there."""
        try:
            return look(self._matcher, frame_bgr_u8, known, region)
        except NotFinite:
            return dataclasses.replace(before, match=False)
