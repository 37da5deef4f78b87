"""What a model knows of an object that it was shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from edge_demo.model.alignment.aligner import Shape
    from edge_demo.model.layout.layout import Shown


@dataclasses.dataclass(frozen=True)
class Reference:
    """An object shown once."""

    name: str
    embedding: np.ndarray  # (E,) float32
    descriptor: np.ndarray | None = (
        None  # (K, D) float32, what the model searches for; None if it searches for nothing
    )
    shape: Shape | None = None  # to be aligned with what is found; None where nobody asks for outlines
    shown: Shown | None = (
        None  # to be told from others of its kind; None where the model can't, or nobody asks
    )
    unlike: tuple[Reference, ...] = ()  # counter-examples: what was taken for it, and is not

    def renamed(self, name: str) -> Reference:
        """The same under another name, with its counter-examples."""
        unlike = tuple(other.renamed(name) for other in self.unlike)
        return dataclasses.replace(self, name=name, unlike=unlike)


def counter_examples(views: Iterable[Reference]) -> list[Reference]:
    """Of an object, all that its views have."""
    return [other for view in views for other in view.unlike]
