"""Looks for this very thing in a film, by a model that can tell it from others of its kind."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np

from edge_demo.gallery.views import KnownObject, search_objects
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import Box, ObjectMatch
from edge_demo.model.regions import whole
from edge_demo.model.scan import HALVES, all_tiles, nearest
from edge_demo.model.this_one import looked, looked_in
from edge_demo.model.turns import Turns
from edge_demo.model.verdicts import Verdicts


class ThingLooks:
    """What a `Pursuit` takes.

    Args:
        matcher: looks; its model has a layout.
    """

    def __init__(self, matcher: Matcher):
        self._matcher, self._verdicts = matcher, Verdicts(matcher)

    def again(self, frame_bgr_u8: np.ndarray, known: KnownObject, where: ObjectMatch) -> ObjectMatch:
        """A look round where it was."""
        return looked(self._matcher.layout, frame_bgr_u8, known.views, where)

    def anew(self, frame_bgr_u8: np.ndarray, lost: Sequence[KnownObject], turns: Turns) -> list[ObjectMatch]:
        """A look at the whole frame for all their kinds, and closely at what is there of them."""
        kinds = search_objects(self._matcher, frame_bgr_u8, lost, turns=turns)
        return self._verdicts.told(frame_bgr_u8, [known.views for known in lost], kinds)

    def part_by_part(
        self, known: KnownObject, last: ObjectMatch, where_px: Box | None
    ) -> Generator[None, np.ndarray, ObjectMatch]:
        """A look at the whole frame, then at half after half of it, by the whole layout of the thing.

        Args:
            known: the object.
            last: what was said of its kind.
            where_px: where to begin.

        Yields:
            Takes the next frame, (H, W, 3) uint8, by `send`, and returns what was found, or `last`.
        """
        frame_bgr_u8 = yield
        frame_wh = frame_bgr_u8.shape[1::-1]
        for region in (whole(frame_wh), *nearest(all_tiles(frame_wh, (HALVES,)), where_px)):
            found = looked_in(self._matcher.layout, frame_bgr_u8, known.views, last, region)
            if found.match:
                return found
            frame_bgr_u8 = yield
        return last
