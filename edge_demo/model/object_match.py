"""What was found of an object in a frame, and how that is said in words."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from edge_demo.model.alignment.outline import Points

if TYPE_CHECKING:
    from edge_demo.model.layout.layout import Found

Box = tuple[float, float, float, float]  # (xmin, ymin, xmax, ymax), pixels of the frame

# Of a model that can tell things of one kind apart, and of one that knows kinds alone.
THIS_ONE, ONE_LIKE_IT, NOT_THERE = "this one", "one like it", "not there"
A_MATCH, NO_MATCH = "a match", "no match"


@dataclasses.dataclass(frozen=True)
class ObjectMatch:
    """One object compared with one frame; without box and distance where it is not there at first sight.

    There are two answers: whether one of its kind is there, and whether that is this very one. Where nobody can tell the second, or
    nobody asked, it is the first.
    """

    name: str
    score: float = (
        0.0  # that it is this one, in [0, 1]; 0 where not even one of its kind was found to look at
    )
    match: bool = False  # whether it counts as found
    box_px: Box | None = None
    distance: float | None = None  # to its kind
    outline_px: Points | None = (
        None  # of a match, if it was aligned and fits; it may leave the box and the frame
    )
    angle_deg: float | None = None  # how far it is turned, clockwise as seen
    view: int = 0  # which of the object's views is nearest
    kind_score: float | None = (
        None  # that it is one of its kind, calibrated, in [0, 1]; not given: as `score`
    )
    kind_match: bool | None = None  # whether one of its kind is there; not given: as `match`
    same: bool | None = None  # whether it is this one; None: only the kind was asked for
    others: tuple[Found, ...] = ()  # further places where this one is, the surest first
    looked: bool = True  # whether this frame was looked at for it; if not, scores and `same` are of the last that was, and a box was followed

    def __post_init__(self):
        if self.kind_score is None:
            object.__setattr__(self, "kind_score", self.score)
        if self.kind_match is None:
            object.__setattr__(self, "kind_match", self.match)

    @property
    def is_like(self) -> bool:
        """Whether one of its kind is there that is another one."""
        return self.same is not None and self.kind_match and not self.match

    @property
    def places(self) -> list[ObjectMatch]:
        """This one, and its further places, each as one by itself."""
        alone = dataclasses.replace(self, others=())
        return [
            alone,
            *(
                dataclasses.replace(
                    alone, score=other.score, box_px=other.box_px, outline_px=None, angle_deg=other.angle_deg
                )
                for other in self.others
            ),
        ]

    @property
    def verdict(self) -> str:
        """In words."""
        if self.same is None:
            return A_MATCH if self.match else NO_MATCH
        if self.match:
            return THIS_ONE
        return ONE_LIKE_IT if self.kind_match else NOT_THERE


@dataclasses.dataclass(frozen=True)
class MatchResult:
    """All objects compared with one frame."""

    latency_ms: float  # preprocessing and inference, without reading and drawing the frame
    objects: list[ObjectMatch]  # in the order of the objects
