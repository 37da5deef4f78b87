"""Which of very many things a frame of a film is searched for: they take turns, and the likelier one is, the sooner its turn comes.

So a frame costs the same however many things there are, and none is lost: what is there is found some frames later. What was found is
searched for in every frame. The likeliest are those of `Shortlist`, by one look-up; alone, those few would be half of what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from edge_demo.model.reference import Reference
from edge_demo.model.shortlist import Shortlist

EVERY_ONE = 64  # things that are all searched for in every frame
# Chosen on kinds to choose by, with `benchmarks/gallery.py --part val`.
AT_ONCE = 4  # of more, a frame is searched for so many, unless more were found
EVEN = 30  # the likeliest waits half as long as the one with this rank

Views = Sequence[Reference]  # of a thing; told from others by itself, not by what it holds


class Turns:
    """The turns of a film; give it every frame, in order."""

    def __init__(self):
        self._all: Sequence[Views] = ()
        self._things: dict[int, tuple[int, Views]] = {}  # id -> number, and what keeps the id its own
        self._shortlist: Shortlist | None = None
        self._waited = np.zeros(0)  # of each thing; whoever has waited longest is next
        self._kept: set[int] = set()  # ids

    def know(self, things: Sequence[Views]) -> None:
        """Says which things there are."""
        self._all = things

    def take(self, cells: np.ndarray, things: Sequence[Views]) -> Sequence[int]:
        """Which of some things, of those that are known, a frame is searched for: their places among these.

        Args:
            cells: (h, w, D) of length 1, of the frame's coarse map.
            things: their views.
        """
        if len(things) <= EVERY_ONE:
            return range(len(things))
        self._look_up_all()
        numbers = np.array([self._things[id(views)][0] for views in things])
        likeness = self._shortlist.likeness(cells)[numbers]
        rank = np.empty(len(numbers))
        rank[np.argsort(-likeness, kind="stable")] = np.arange(len(numbers))
        self._waited[numbers] += 1 / (rank + EVEN)
        kept = np.array([id(views) in self._kept for views in things])
        room = max(AT_ONCE - int(kept.sum()), 1)
        others = np.flatnonzero(~kept)
        next_ones = others[np.argsort(-self._waited[numbers[others]], kind="stable")[:room]]
        chosen = np.union1d(np.flatnonzero(kept), next_ones)
        self._waited[numbers[chosen]] = 0
        return chosen.tolist()

    def keep(self, things: Iterable[Views]) -> None:
        """Says what was found: the next frame is searched for it, too."""
        self._kept = {id(views) for views in things}

    def _look_up_all(self) -> None:
        """Makes the shortlist anew if there are others than before, which takes longer than a frame."""
        own = {id(views): views for views in self._all}
        if own.keys() == self._things.keys():
            return
        waited = {one: self._waited[number] for one, (number, _) in self._things.items()}
        self._waited = np.array([waited.get(one, 0.0) for one in own])
        self._shortlist = Shortlist([[view.descriptor for view in views] for views in own.values()])
        self._things = {one: (number, views) for number, (one, views) in enumerate(own.items())}
