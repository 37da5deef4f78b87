"""Several views of one object: a cup from the side and from above.

The matcher compares pictures; this groups them. The box is that of the nearest view. The distance is half way between the
nearest view's and the mean of all: with the nearest alone, every further view is one more chance for another object to
look alike (groceries of `benchmarks/views.py --limit 50`, seeds 1 to 3: of 150 frames without the object, the nearest of
four views took 45 for it, half way 37, with as many found). If any view may be there, the frame is searched for all of them.

A model that knows kinds alone holds counter-examples against that distance; others hold them against what they find, see `this_one`.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence

import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.gallery.palette import Color
from edge_demo.model.matcher import Found, Matcher
from edge_demo.model.object_match import MatchResult, ObjectMatch
from edge_demo.model.preprocess import MIN_SIDE_PX
from edge_demo.model.reference import Reference, counter_examples
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
    portrait: bytes = b""  # of its first view, as `portrait.portrait` makes it; empty: nobody lists it

    def __post_init__(self):
        if not self.views:
            raise ValueError(f"Invalid `views` of {self.name!r}. Expected at least one, received none.")

    def unlike(self, counter_example: Reference) -> KnownObject:
        """The same, which is known not to be that."""
        first, *others = self.views
        first = dataclasses.replace(first, unlike=(*first.unlike, counter_example))
        return dataclasses.replace(self, views=(first, *others))

    def renamed(self, name: str) -> KnownObject:
        """The same under another name."""
        views = tuple(view.renamed(name) for view in self.views)
        return dataclasses.replace(self, name=name, views=views)

    @property
    def has_shape(self) -> bool:
        """Whether its outline can be found."""
        return any(view.shape is not None for view in self.views)


def check_side(name: str, picture_bgr_u8: np.ndarray) -> None:
    """Raises EdgeError if a picture of an object, (H, W, 3) uint8, is too small to be read again."""
    height, width = picture_bgr_u8.shape[:2]
    if min(height, width) < MIN_SIDE_PX:
        raise EdgeError(
            f"{name}: expected a view of at least {MIN_SIDE_PX}x{MIN_SIDE_PX} pixels, received {width}x{height}. "
            f"Choose a larger area."
        )


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
    kind = ObjectMatch(known.name, score, is_match, box_px, distance, view=view)
    if matcher.layout is not None:
        return kind
    return _held_against(matcher, kind, found[view], counter_examples(known.views))


def _held_against(
    matcher: Matcher, kind: ObjectMatch, found: Found, others: Sequence[Reference]
) -> ObjectMatch:
    """What was found of a kind; what is nearer to a counter-example is as surely one like it."""
    nearest = min((matcher.distance(found.embedding, other.embedding) for other in others), default=np.inf)
    if nearest >= kind.distance:
        return kind
    score = min(kind.score, 1 - matcher.score(nearest))
    return dataclasses.replace(kind, score=score, match=False, same=False)


def joint_distance(distances: Sequence[float]) -> float:
    """The distance of an object, from those of its views, at least one: half way from the smallest to the mean."""
    return (min(distances) + sum(distances) / len(distances)) / 2
