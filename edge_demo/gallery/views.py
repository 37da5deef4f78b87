"""Several views of one object: a cup from the side and from above.

The matcher compares pictures; this groups them. The box is that of the nearest view. The distance is half way between the
nearest view's and the mean of all: with the nearest alone, every further view is one more chance for another object to
look alike (groceries of `benchmarks/views.py --limit 50`, seeds 1 to 3: of 150 frames without the object, the nearest of
four views took 45 for it, half way 37, with as many found). A guided model searches the frame once for each view, so the
time of a frame grows with all of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from edge_demo.gallery.palette import Color
from edge_demo.model.matcher import Matcher, MatchResult, ObjectMatch, Reference


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
    remaining, found = iter(result.objects), []
    for known in objects:
        own = [next(remaining) for _ in known.views]
        nearest = min(own, key=lambda item: item.distance)  # the first of equal ones
        distance = joint_distance([item.distance for item in own])
        found.append(
            ObjectMatch(
                known.name,
                matcher.score(distance),
                distance <= matcher.metadata.threshold,
                nearest.box_px,
                distance,
            )
        )
    return MatchResult(result.latency_ms, found)


def joint_distance(distances: Sequence[float]) -> float:
    """The distance of an object, from those of its views, at least one: half way from the smallest to the mean."""
    return (min(distances) + sum(distances) / len(distances)) / 2
