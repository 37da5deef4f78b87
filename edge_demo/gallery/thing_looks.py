"""Looks for this very thing in a film, by a model that can tell it from others of its kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Sequence

import numpy as np

from edge_demo.gallery.views import KnownObject, search_objects
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import ObjectMatch
from edge_demo.model.this_one import clipped, looked
from edge_demo.model.turns import Turns
from edge_demo.model.verdicts import Verdicts


class ThingLooks:
    """What a `Pursuit` takes.

    Args:
        matcher: looks; its model has a layout.
    """

    def __init__(self, matcher: Matcher):
        self._matcher, self._verdicts = matcher, Verdicts(matcher)

    def again(self, frame_bgr_u8: np.ndarray, known: KnownObject, where: ObjectMatch) -> ObjectMatch:
        """A look round where it was."""
        return looked(self._matcher.layout, frame_bgr_u8, known.views, where)

    def anew(self, frame_bgr_u8: np.ndarray, lost: Sequence[KnownObject], turns: Turns) -> list[ObjectMatch]:
        """A look at the whole frame for all their kinds, and closely at what is there of them."""
        kinds = search_objects(self._matcher, frame_bgr_u8, lost, turns=turns)
        return self._verdicts.told(frame_bgr_u8, [known.views for known in lost], kinds)

    def everywhere(self, known: KnownObject, last: ObjectMatch) -> Generator[None, np.ndarray, ObjectMatch]:
        """A search as of a single picture: of the first frame by its whole layout, then a look in the last one at the surest place.

        Args:
            known: the object.
            last: what was said of its kind.

        Yields:
            Takes the next frame, (H, W, 3) uint8, by `send`, and returns what was found.
        """
        layout = self._matcher.layout
        frame_bgr_u8 = yield
        seen = yield from layout.see_in_steps(frame_bgr_u8)
        found = []
        for view in known.views:
            found.append((yield from layout.likeliest_in_steps(seen, view.shown)))
        surest = max(found, key=lambda one: one.logit)
        box_px = clipped(surest.box_px, frame_bgr_u8.shape[1::-1])
        frame_bgr_u8 = yield
        return looked(layout, frame_bgr_u8, known.views, dataclasses.replace(last, box_px=box_px))
