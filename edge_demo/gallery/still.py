"""A single picture, in which there is time to look everywhere.

Example:
    result = match_still(matcher, read_picture("shelf.jpg"), [cup])
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from edge_demo.effort import NORMAL, QUICK, THOROUGH
from edge_demo.gallery.views import KnownObject, match_objects, outlined, search_objects
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import MatchResult, ObjectMatch
from edge_demo.model.scan import everywhere
from edge_demo.model.this_one import decided, places


class Still:
    """Searches pictures, each by itself.

    Args:
        matcher: searches.
        effort: one of `EFFORTS`.
    """

    def __init__(self, matcher: Matcher, effort: str = NORMAL):
        self._matcher, self._effort = matcher, effort

    def match(
        self, frame_bgr_u8: np.ndarray, objects: Sequence[KnownObject], _time_s: float | None = None
    ) -> MatchResult:
        """As `match_still`, whenever it is."""
        return match_still(self._matcher, frame_bgr_u8, objects, self._effort)


def match_still(
    matcher: Matcher, frame_bgr_u8: np.ndarray, objects: Sequence[KnownObject], effort: str = NORMAL
) -> MatchResult:
    """Compares a picture, (H, W, 3) uint8, with every view of every object; the result has one entry for each object.

    Where the model can tell this one from others of its kind, it is searched for everywhere, unless the effort is `QUICK`: then one look
    finds its kind. A model that knows kinds alone looks once, and tile by tile if the effort is `THOROUGH`.
    """
    if effort == QUICK or (matcher.layout is None and effort != THOROUGH):
        return match_objects(matcher, frame_bgr_u8, objects, early_no=False)
    start = time.perf_counter()
    if matcher.layout is None:
        found = [everywhere(matcher, frame_bgr_u8, known) for known in objects]
    else:
        found = search_still(matcher, frame_bgr_u8, objects)
    results = [outlined(matcher, frame_bgr_u8, *pair) for pair in zip(objects, found, strict=True)]
    return MatchResult((time.perf_counter() - start) * 1000, results)


def search_still(
    matcher: Matcher, frame_bgr_u8: np.ndarray, objects: Sequence[KnownObject]
) -> list[ObjectMatch]:
    """As `match_still` of a model with a layout, without outlines: the picture is seen once for all objects.

    Whatever the search for kinds found is one more place.
    """
    kinds = search_objects(matcher, frame_bgr_u8, objects, early_no=False)
    seen = matcher.layout.see(frame_bgr_u8)
    return [
        decided(kind, *places(matcher.layout, seen, known.views, [kind.box_px]))
        for known, kind in zip(objects, kinds, strict=True)
    ]
