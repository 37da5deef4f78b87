"""Of several places that may be looked at, the one: a twin of the training side's `likeliest_place`, in NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

LEAST = 1e-7  # keeps divisors and logarithms from 0, as in training


def likeliest_place(
    boxes: np.ndarray,
    look: Callable[[int], np.ndarray],
    sure: np.ndarray,
    whole: np.ndarray,
    wanted: np.ndarray | None,
    looks: dict[str, float],
) -> tuple[int, np.ndarray]:
    """Which of the places is the one, a twin of the training side's `likeliest_place`.

    A place that is so unsure that it would lose with any embedding is not looked at.

    Args:
        boxes: (N, 4) float, shares of the frame.
        look: function number of a place -> embedding (E,) of length 1 of its area.
        sure: (N,) how sure the localiser is of each place.
        whole: (E,) embedding of the whole frame.
        wanted: (E,) embedding of the reference, or None.
        looks: "context", the weight of the whole frame in the embedding of an area, times the square of its share of the
            frame; "trust", how many e-foldings of being sure a distance of 1 outweighs.

    Returns:
        number of the place, and its embedding (E,), of which the frame now is a part.
    """
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    sureness = np.log(sure + LEAST)
    best, best_rank, found = 0, -np.inf, None
    for number in range(1 if wanted is None else len(boxes)):
        if sureness[number] <= best_rank:  # which a distance only lowers
            continue
        embedding = look(number) + looks["context"] * areas[number] ** 2 * whole
        embedding = embedding / np.sqrt(np.sum(embedding**2) + LEAST)
        if wanted is None:
            return number, embedding
        rank = sureness[number] - looks["trust"] * np.linalg.norm(embedding - wanted)
        if rank > best_rank:
            best, best_rank, found = number, rank, embedding
    return best, found
