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
from edge_demo.model.verdicts import Verdicts


@dataclasses.dataclass(frozen=True)
class KnownObject:
    """An object shown once or more.

    Raises:
        ValueError: without a view.
    """

    name: str  # results tell objects apart by it
    color: Color  # BGR
    views: tuple[Reference, ...]
    portrait: bytes = b""  # of its first view, as `portrait.portrait` makes it; empty: nobody lists it

    def __post_init__(self):
        if not self.views:
            raise ValueError(f"Invalid `views` of {self.name!r}. Expected at least one, received none.")

    def renamed(self, name: str) -> KnownObject:
        """The same under another name."""
        views = tuple(dataclasses.replace(view, name=name) for view in self.views)
        return dataclasses.replace(self, name=name, views=views)

    @property
    def has_shape(self) -> bool:
        """Whether its outline can be found."""
        return any(view.shape is not None for view in self.views)


def match_objects(
    matcher: Matcher,
    frame_bgr_u8: np.ndarray,
    objects: Sequence[KnownObject],
    early_no: bool = True,
    verdicts: Verdicts | None = None,
    turns: Turns | None = None,
) -> MatchResult:
    """Compares a frame, (H, W, 3) uint8, with every view by one look; the result has one entry for each object.

    Args:
        matcher: compares.
        frame_bgr_u8: searched.
        objects: searched for.
        early_no: as in `Matcher.search`.
        verdicts: of the frames before; None: this one is by itself.
        turns: of very many objects; None: this frame is searched for every one.
    """
    start = time.perf_counter()
    views = [known.views for known in objects]
    if turns is not None:
        turns.know(views)
    kinds = search_objects(matcher, frame_bgr_u8, objects, early_no, turns)
    found = (verdicts or Verdicts(matcher)).told(frame_bgr_u8, views, kinds)
    if turns is not None:
        turns.keep(own for own, one in zip(views, found, strict=True) if one.match)
    results = [outlined(matcher, frame_bgr_u8, *pair) for pair in zip(objects, found, strict=True)]
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
