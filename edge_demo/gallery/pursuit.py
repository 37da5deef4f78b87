"""Follows this thing through a film, and searches for it everywhere while it is lost, by a model that can tell it from its kind.

    followed    one look a frame, round where it was last
    lost        one look at the whole frame, for one of its kind, which is then looked at closely; and now and then, when it is this
                thing's turn, a search of the frame as of a single picture

So a frame costs about the same, however many things are lost. A look is `Layout.look`.

Example:
    pursuit = Pursuit(matcher)
    for frame in source:
        result = pursuit.match(frame.frame_bgr_u8, objects)
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from edge_demo.gallery.still import search_still
from edge_demo.gallery.views import KnownObject, outlined, search_objects
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import MatchResult, ObjectMatch
from edge_demo.model.this_one import looked
from edge_demo.model.turns import Turns

EVERY = 8  # frames between two searches of everything


class Pursuit:
    """Searches frames for objects; give it every frame, in order.

    Args:
        matcher: searches; its model has a layout.
    """

    def __init__(self, matcher: Matcher):
        self._matcher, self._turns = matcher, Turns()
        self._followed: dict[str, ObjectMatch] = {}  # what was found of each in the frame before
        self._frame_wh: tuple[int, int] | None = None
        self._frames = self._turn = 0
        self._looks = self._searches = 0

    @property
    def looks_per_frame(self) -> float:
        """How often a frame was looked at for an object, on average; 0.0 before the first. A search of everything is one look."""
        return self._looks / max(self._searches, 1)

    def match(self, frame_bgr_u8: np.ndarray, objects: Sequence[KnownObject]) -> MatchResult:
        """Searches a frame, (H, W, 3) uint8, for all objects. Those that are not among them any more are forgotten."""
        start = time.perf_counter()
        frame_wh = frame_bgr_u8.shape[1::-1]
        before = self._followed if frame_wh == self._frame_wh else {}
        self._frame_wh, self._searches = frame_wh, self._searches + len(objects)
        results = {
            known.name: self._looked(frame_bgr_u8, known, before[known.name])
            for known in objects
            if known.name in before
        }
        self._turns.know([known.views for known in objects])
        lost = [known for known in objects if not (known.name in results and results[known.name].same)]
        results |= self._searched(frame_bgr_u8, lost)
        self._frames += 1
        self._followed = {name: found for name, found in results.items() if found.same}
        told = [outlined(self._matcher, frame_bgr_u8, known, results[known.name]) for known in objects]
        return MatchResult((time.perf_counter() - start) * 1000, told)

    def _looked(self, frame_bgr_u8: np.ndarray, known: KnownObject, where: ObjectMatch) -> ObjectMatch:
        self._looks += 1
        return looked(self._matcher.layout, frame_bgr_u8, known.views, where)

    def _searched(self, frame_bgr_u8: np.ndarray, lost: Sequence[KnownObject]) -> dict[str, ObjectMatch]:
        """What is there of the lost ones."""
        found = {}
        if lost and self._frames % EVERY == 0:
            everywhere = lost[self._turn % len(lost)]
            self._turn, self._looks = self._turn + 1, self._looks + 1
            (found[everywhere.name],) = search_still(self._matcher, frame_bgr_u8, [everywhere])
        left = [known for known in lost if known.name not in found]
        self._looks += len(left)
        kinds = search_objects(self._matcher, frame_bgr_u8, left, turns=self._turns)
        for known, kind in zip(left, kinds, strict=True):
            found[known.name] = self._matcher.looked(frame_bgr_u8, known.views, kind)
        return found
