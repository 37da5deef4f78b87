"""Whether what is found in a film is this one: looked at once, then held, as a thing does not become another from frame to frame.

A verdict holds while the box of its kind moves on, and takes the thing's own, tighter box along. Every few frames it is checked; if a
check says something else, the next frame is checked, too, before the verdict changes. Where nothing of the kind was in a frame, or it
is elsewhere, the next is looked at anew.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from edge_demo.model.geometry import SMALL_IOU, iou
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import Box, ObjectMatch
from edge_demo.model.reference import Reference
from edge_demo.model.this_one import clipped, not_of_its_kind

CHECK = 8  # frames that a verdict holds until it is checked

Look = Callable[[], ObjectMatch]  # whether what was found of the kind is this one, in this frame


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What was said of an object when it was last looked at."""

    said: ObjectMatch
    of_px: Box  # the kind's box when it was said
    last_px: Box  # and in the last frame
    age: int = 0  # frames since


def step(verdict: Verdict | None, kind: ObjectMatch, look: Look) -> tuple[Verdict | None, ObjectMatch]:
    """One frame of one object.

    Args:
        verdict: as the frame before left it; None: there is none.
        kind: what the search for the kind says of this frame.
        look: is asked where the verdict is not known or is to be checked.

    Returns:
        the verdict, and what is said of this frame.
    """
    if not kind.kind_match:
        return None, not_of_its_kind(kind)
    if verdict is None or iou(verdict.last_px, kind.box_px) < SMALL_IOU:
        return _anew(kind, look())
    if verdict.age + 1 >= CHECK:
        said = look()
        # One that has to be checked again is older than `CHECK`.
        if said.same == verdict.said.same or verdict.age + 1 > CHECK:
            return _anew(kind, said)
    verdict = dataclasses.replace(verdict, last_px=kind.box_px, age=verdict.age + 1)
    return verdict, _held(verdict, kind)


class Verdicts:
    """Holds the verdicts of all objects; give it every frame, in order.

    Args:
        matcher: looks, if its model can tell.
    """

    def __init__(self, matcher: Matcher):
        self._matcher = matcher
        self._verdicts: dict[str, Verdict | None] = {}

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
        if self._matcher.layout is None:
            return list(kinds)
        before, self._verdicts, results = self._verdicts, {}, []
        for views, kind in zip(objects, kinds, strict=True):
            self._verdicts[kind.name], result = step(
                before.get(kind.name),
                kind,
                lambda views=views, kind=kind: self._matcher.looked(frame_bgr_u8, views, kind),
            )
            if result.same:  # a box that is carried along may leave the frame
                box_px = clipped(result.box_px, frame_bgr_u8.shape[1::-1])
                result = dataclasses.replace(result, box_px=box_px)
            results.append(result)
        return results


def _anew(kind: ObjectMatch, said: ObjectMatch) -> tuple[Verdict, ObjectMatch]:
    return Verdict(said, kind.box_px, kind.box_px), said


def _held(verdict: Verdict, kind: ObjectMatch) -> ObjectMatch:
    """What the kind says of this frame, with a verdict of one before."""
    said = verdict.said
    held = dataclasses.replace(kind, score=said.score, match=said.match, same=said.same)
    if not said.same:
        return held
    box_px = carried(said.box_px, verdict.of_px, kind.box_px)
    return dataclasses.replace(held, box_px=box_px, angle_deg=said.angle_deg, view=said.view)


def carried(box_px: Box, from_px: Box, to_px: Box) -> Box:
    """A box as it lies to another one, which has moved: `to_px` is where it is now, `from_px`, not empty, where it was."""
    low, high = np.array(from_px[:2]), np.array(from_px[2:])
    shares = (np.reshape(box_px, (2, 2)) - low) / (high - low)
    moved = shares * (np.array(to_px[2:]) - to_px[:2]) + to_px[:2]
    return tuple(map(float, moved.ravel()))
