"""How like cells of two canvases are, as `edge_demo.model.layout.likeness` has it, with a gradient; and what is asked of it."""

import keras
import numpy as np
from keras import ops

from edge_demo.model.layout.cells import CANVAS_CELLS
from edge_demo.model.layout.likeness import BEST, SLACK

FAR = -1e9  # a cosine that is never the best


def cells_alike(reference, area, compared):
    """The mean cosine of the `BEST` share of the cells that count, each with its best within `SLACK`.

    Args:
        reference, area: (B, 20, 20, D) float, every cell of length 1.
        compared: (B, 20, 20) float, 1 for the cells of the reference that count, else 0; one at least.

    Returns:
        (B,) float: "cells" of `edge_demo.model.layout.likeness.likeness`.
    """
    count = CANVAS_CELLS**2
    reference, area = (ops.reshape(cells, (-1, count, cells.shape[-1])) for cells in (reference, area))
    cosines = ops.matmul(reference, ops.transpose(area, (0, 2, 1)))
    best = ops.max(ops.where(nearby(SLACK), cosines, FAR), axis=-1)  # (B, 400)
    counts = ops.reshape(compared, (-1, count))
    highest = ops.flip(ops.sort(ops.where(counts > 0, best, FAR), axis=-1), axis=-1)
    enough = ops.maximum(ops.floor(ops.sum(counts, axis=-1, keepdims=True) * BEST), 1.0)
    taken = ops.cast(ops.arange(count, dtype="float32") < enough, "float32")
    return ops.sum(taken * highest, axis=-1) / enough[:, 0]


def nearby(slack):
    """Which cells of a canvas are up to `slack` off each, along either side: (400, 400) bool."""
    row, column = np.divmod(np.arange(CANVAS_CELLS**2), CANVAS_CELLS)
    off = np.maximum(np.abs(row[:, None] - row), np.abs(column[:, None] - column))
    return off <= slack


def ranked(shown, other):
    """How far looks at the things themselves are from being above all others: half of it within a trial, half between all.

    Args:
        shown, other: (B,) float, logits of the look at the thing, and at something else, of every trial.

    Returns:
        () float: the mean of log(1 + exp(other - shown)), which is log 2 where nothing is told.

    Source: RankNet, eq. 3 of Burges et al. 2005, "Learning to Rank using Gradient Descent".
    """
    every = keras.activations.softplus(other[None] - shown[:, None])
    own = keras.activations.softplus(other - shown)
    return (ops.mean(every) + ops.mean(own)) / 2
