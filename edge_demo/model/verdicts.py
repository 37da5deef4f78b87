"""Whether what is of the kind is this one: looked at once, then a no is held, as a thing does not become another from frame to frame.

It holds while the box of the kind moves on, and is checked every few looks. Where nothing of the kind was in a frame, or it is
elsewhere, the next is looked at anew. What is this one is not asked about again, but followed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from edge_demo.model.geometry import SMALL_IOU, iou
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import Box, ObjectMatch
from edge_demo.model.reference import Reference
from edge_demo.model.this_one import not_of_its_kind

CHECK = 4  # searches for the kind that a no holds until it is checked

Look = Callable[[], ObjectMatch]  # whether what was found of the kind is this one, in this frame


@dataclasses.dataclass(frozen=True)
class No:
    """What was said of one like it when it was last looked at."""

    score: float
    last_px: Box  # the kind's box in the last search
    age: int = 0  # searches since


def step(no: No | None, kind: ObjectMatch, look: Look) -> tuple[No | None, ObjectMatch]:
    """One search for one object.

    Args:
        no: as the search before left it; None: there is none.
        kind: what the search for the kind says of this frame.
        look: is asked where no answer is known or it is to be checked.

    Returns:
        the no, if it is one, and what is said of this frame.
    """
    if not kind.kind_match:
        return None, not_of_its_kind(kind)
    if no is None or iou(no.last_px, kind.box_px) < SMALL_IOU or no.age + 1 >= CHECK:
        said = look()
        return (No(said.score, kind.box_px) if said.same is False else None), said
    no = dataclasses.replace(no, last_px=kind.box_px, age=no.age + 1)
    return no, dataclasses.replace(kind, score=no.score, match=False, same=False)


class Verdicts:
    """Holds what was said of all objects; give it every search, in order.

    Args:
        matcher: looks; its model can tell.
    """

    def __init__(self, matcher: Matcher):
        self._matcher = matcher
        self._noes: dict[str, No | None] = {}

    def told(
        self,
        frame_bgr_u8: np.ndarray,
        objects: Sequence[Sequence[Reference]],
        kinds: Sequence[ObjectMatch],
    ) -> list[ObjectMatch]:
        """Both answers of a frame, (H, W, 3) uint8, from what the search for kinds says. Objects that are not among them are forgotten.

        Args:
            frame_bgr_u8: searched.
            objects: their views.
            kinds: what was found of each.
        """
        before, self._noes, results = self._noes, {}, []
        for views, kind in zip(objects, kinds, strict=True):
            self._noes[kind.name], result = step(
                before.get(kind.name),
                kind,
                lambda views=views, kind=kind: self._matcher.looked(frame_bgr_u8, views, kind),
            )
            results.append(result)
        return results
