"""Several views of one object: a cup from the side and from above.

The matcher compares pictures; this groups them. An object is as far from a frame as the nearest of its views, and its box
is that view's. A guided model searches the frame once for each view, so the time of a frame grows with all of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from edge_demo.matcher import Matcher, MatchResult, ObjectMatch, Reference
from edge_demo.palette import Color


@dataclasses.dataclass(frozen=True)
class KnownObject:
    """An object shown once or more.

    Raises:
        ValueError: without a view.
    """

    name: str  # results tell objects apart by it
    color: Color  # BGR
    views: tuple[Reference, ...]

    def __post_init__(self):
        if not self.views:
            raise ValueError(f"Invalid `views` of {self.name!r}. Expected at least one, received none.")


def match_objects(matcher: Matcher, frame_bgr_u8: np.ndarray, objects: Sequence[KnownObject]) -> MatchResult:
    """Compares a frame, (H, W, 3) uint8, with every view; the result has one entry for each object."""
    views = [view for known in objects for view in known.views]
    result = matcher.match(frame_bgr_u8, views)
    return MatchResult(result.latency_ms, nearest_views(result.objects, objects))


def nearest_views(matches: Sequence[ObjectMatch], objects: Sequence[KnownObject]) -> list[ObjectMatch]:
    """The nearest view of each object; the first of equal ones.

    Args:
        matches: of all views, object after object.
        objects: what they belong to.
    """
    remaining = iter(matches)
    nearest = []
    for known in objects:
        own = [next(remaining) for _ in known.views]
        nearest.append(dataclasses.replace(min(own, key=lambda item: item.distance), name=known.name))
    return nearest
