"""Which of very many things a frame of a film is searched for: they take turns, and the likelier one is, the sooner its turn comes.

A frame is looked up in all things at once, see `Shortlist`. The likeliest that have waited are located, and the hottest of these that
have waited are looked at closely, which takes most of the time. So a frame costs the same however many things there are, and none is
lost: what is there is found some frames later.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge_demo.model.reference import Reference
from edge_demo.model.shortlist import Shortlist

EVERY_ONE = 64  # things that are all searched for in every frame
# Chosen on kinds to choose by, with `benchmarks/gallery.py --part val`, for twice the time of one thing.
LOCATED = 4  # of more, so many are located in a frame, and
CLOSER = 1  # so many of these looked at closely
EVEN = 100  # the likeliest waits half as long to be located as the one with this rank
SOFT = 2.0  # of heat, that makes what is located wait e times as long

Views = Sequence[Reference]  # of a thing; told from others by itself, not by what it holds


class Turns:
    """The turns of a film; give it every frame, in order."""

    def __init__(self):
        self._all: Sequence[Views] = ()
        self._things: dict[int, tuple[int, Views]] = {}  # id -> number, and what keeps the id its own
        self._shortlist: Shortlist | None = None
        self._waited = np.zeros((2, 0))  # each thing's, to be located and looked at: the largest is next

    def know(self, things: Sequence[Views]) -> None:
        """Says which things there are."""
        self._all = things

    def located(self, cells: np.ndarray, things: Sequence[Views]) -> Sequence[int]:
        """Which of some things, of those that are known, are located in a frame: their places among these.

        Args:
            cells: (h, w, D) of length 1, of the frame's coarse map.
            things: their views.
        """
        if len(self._all) <= EVERY_ONE:
            return range(len(things))
        self._look_up_all()
        likeness = self._shortlist.likeness(cells)[self._numbers(things)]
        rank = np.empty(len(things))
        rank[np.argsort(-likeness, kind="stable")] = np.arange(len(things))
        return self._next(0, things, 1 / (rank + EVEN), LOCATED)

    def closer(self, things: Sequence[Views], heats: Sequence[float]) -> Sequence[int]:
        """Which of those that were located are looked at closely: their places among these.

        Args:
            things: their views.
            heats: how sure the surest place of each is, logits.
        """
        if len(self._all) <= EVERY_ONE or not things:
            return range(len(things))
        return self._next(1, things, np.exp(np.array(heats) / SOFT), CLOSER)

    def _next(self, step: int, things: Sequence[Views], shares: np.ndarray, count: int) -> list[int]:
        """Those that have waited most, after each has waited by its share."""
        numbers = self._numbers(things)
        self._waited[step, numbers] += shares
        chosen = np.sort(np.argsort(-self._waited[step, numbers], kind="stable")[:count])
        self._waited[step, numbers[chosen]] = 0
        return chosen.tolist()

    def _numbers(self, things: Sequence[Views]) -> np.ndarray:
        return np.array([self._things[id(views)][0] for views in things])

    def _look_up_all(self) -> None:
        """Makes the shortlist anew if there are others than before, which takes longer than a frame."""
        own = {id(views): views for views in self._all}
        if own.keys() == self._things.keys():
            return
        waited = {one: self._waited[:, number] for one, (number, _) in self._things.items()}
        self._waited = np.stack([waited.get(one, np.zeros(2)) for one in own], axis=1)
        self._shortlist = Shortlist([[view.descriptor for view in views] for views in own.values()])
        self._things = {one: (number, views) for number, (one, views) in enumerate(own.items())}
