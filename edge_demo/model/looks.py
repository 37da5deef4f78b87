"""Of several places that were looked at, the one: a twin of the training side's `look_twice`, in NumPy."""

from __future__ import annotations

import numpy as np

LOOKS = 2  # places that a guided model looks at
LEAST = 1e-7  # keeps divisors and logarithms from 0, as in training


def decided(
    boxes: np.ndarray,
    embeddings: np.ndarray,
    located: dict[str, np.ndarray],
    wanted: np.ndarray | None,
    looks: dict[str, float],
) -> tuple[int, np.ndarray]:
    """Which of the places looked at is the one, a twin of the training side's `look_twice`.

    Args:
        boxes: (N, 4) float, shares of the frame.
        embeddings: (N, E) float of length 1, of these areas.
        located: what `locate` gave: "sure" (1, N), "whole" (1, E).
        wanted: (E,) embedding of the reference, or None.
        looks: "context", the weight of the whole frame in the embedding of an area, times the square of its share of the
            frame; "trust", how many e-foldings of being sure a distance of 1 outweighs.

    Returns:
        number of the place, and its embedding (E,), of which the frame now is a part.
    """
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1, keepdims=True)
    embeddings = embeddings + looks["context"] * area**2 * located["whole"]
    embeddings = embeddings / np.sqrt(np.sum(embeddings**2, axis=1, keepdims=True) + LEAST)
    if wanted is None:
        return 0, embeddings[0]
    distance = np.linalg.norm(embeddings - wanted, axis=1)
    best = int(np.argmax(np.log(located["sure"][0] + LEAST) - looks["trust"] * distance))
    return best, embeddings[best]
