"""Several views of one object: a cup from the side and from above.

The matcher compares pictures; this groups them. The box is that of the nearest view. The distance is half way between the
nearest view's and the mean of all: with the nearest alone, every further view is one more chance for another object to
look alike (groceries of `benchmarks/views.py --limit 50`, seeds 1 to 3: of 150 frames without the object, the nearest of
four views took 45 for it, half way 37, with as many found). If any view may be there, the frame is searched for all of them.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence

import numpy as np

from edge_demo.gallery.palette import Color
from edge_demo.model.matcher import Found, Matcher
from edge_demo.model.object_match import MatchResult, ObjectMatch
from edge_demo.model.reference import Reference
from edge_demo.model.turns import Turns


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

    @property
    def has_shape(self) -> bool:
        """Whether its outline can be found."""
        return any(view.shape is not None for view in self.views)


def match_objects(
    matcher: Matcher,
    frame_bgr_u8: np.ndarray,
    objects: Sequence[KnownObject],
    early_no: bool = True,
) -> MatchResult:
    """Compares a frame, (H, W, 3) uint8, with every view by one look; the result has one entry for each object.

    Args:
        matcher: compares.
        frame_bgr_u8: searched.
        objects: searched for.
        early_no: as in `Matcher.search`.
    """
    start = time.perf_counter()
    results = []
    for known, kind in zip(objects, search_objects(matcher, frame_bgr_u8, objects, early_no), strict=True):
        found = matcher.looked(frame_bgr_u8, known.views, kind)
        results.append(outlined(matcher, frame_bgr_u8, known, found))
    return MatchResult((time.perf_counter() - start) * 1000, results)


def search_objects(
    matcher: Matcher,
    frame_bgr_u8: np.ndarray,
    objects: Sequence[KnownObject],
    early_no: bool = True,
    turns: Turns | None = None,
) -> list[ObjectMatch]:
    """What is there of the kinds, without outlines: for looks of which not every one counts."""
    searched = matcher.search(frame_bgr_u8, [known.views for known in objects], early_no, turns)
    return [
        ObjectMatch(known.name) if found is None else _compared(matcher, known, found)
        for known, found in zip(objects, searched, strict=True)
    ]


def outlined(
    matcher: Matcher, frame_bgr_u8: np.ndarray, known: KnownObject, found: ObjectMatch
) -> ObjectMatch:
    """What was found of an object in a frame, with the outline of its nearest view if it has one there."""
    return matcher.outlined(frame_bgr_u8, found, known.views[found.view])


def _compared(matcher: Matcher, known: KnownObject, found: Sequence[Found]) -> ObjectMatch:
    distances = [
        matcher.distance(place.embedding, view.embedding)
        for place, view in zip(found, known.views, strict=True)
    ]
    view = distances.index(min(distances))  # the first of equal ones
    distance = joint_distance(distances)
    is_match = distance <= matcher.metadata.threshold
    score, box_px = matcher.score(distance), found[view].box_px
    return ObjectMatch(known.name, score, is_match, box_px, distance, view=view)


def joint_distance(distances: Sequence[float]) -> float:
    """The distance of an object, from those of its views, at least one: half way from the smallest to the mean."""
    return (min(distances) + sum(distances) / len(distances)) / 2
