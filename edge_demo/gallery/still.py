"""A single picture, in which there is time to look everywhere.

Example:
    result = match_still(matcher, read_picture("shelf.jpg"), [cup])
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from edge_demo.gallery.views import KnownObject, match_objects, outlined, search_objects
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import MatchResult
from edge_demo.model.this_one import decided, places


def match_still(matcher: Matcher, frame_bgr_u8: np.ndarray, objects: Sequence[KnownObject]) -> MatchResult:
    """Compares a picture, (H, W, 3) uint8, with every view of every object; the result has one entry for each object.

    Where the model can tell this one from others of its kind, it is searched for everywhere, and whatever the search for kinds found is
    one more place. The picture is seen once for all objects. A model that knows kinds alone looks once.
    """
    if matcher.layout is None:
        return match_objects(matcher, frame_bgr_u8, objects, early_no=False)
    start = time.perf_counter()
    kinds = search_objects(matcher, frame_bgr_u8, objects, early_no=False)
    seen = matcher.layout.see(frame_bgr_u8)
    results = []
    for known, kind in zip(objects, kinds, strict=True):
        found = decided(kind, *places(matcher.layout, seen, known.views, [kind.box_px]))
        results.append(outlined(matcher, frame_bgr_u8, known, found))
    return MatchResult((time.perf_counter() - start) * 1000, results)
