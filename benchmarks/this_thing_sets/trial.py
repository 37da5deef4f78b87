"""One question: here is a thing; where is it in this picture, and is it in that one?"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Trial:
    """Pictures are (H, W, 3) uint8, BGR. Trials that share a reference hold the same array."""

    row: str  # of the table
    reference: np.ndarray
    present: np.ndarray  # shows the thing
    box_px: (
        np.ndarray | None
    )  # (4,) float, where; None where the thing fills the picture, and no box is wrong
    absent: np.ndarray  # does not show it


def picked(items, limit):
    """At most `limit` of a list, evenly, its order kept."""
    return [items[i] for i in np.linspace(0, len(items) - 1, min(limit, len(items))).round().astype(int)]


def in_turns(items, count):
    """`count` of a list, evenly where there are more, again from the start where there are fewer."""
    return picked(items, count) if len(items) >= count else [items[i % len(items)] for i in range(count)]
