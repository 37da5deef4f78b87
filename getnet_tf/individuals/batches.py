"""Batches of examples, every one a function of (seed, step)."""

import numpy as np

from getnet_tf.data.map_batches import MapBatches

CELLS = 48  # of every view, those that are compared
LEAST_SEEN = 4  # cells of a view that the reference shows, below which there is nothing to learn


class ExampleBatches(MapBatches):
    """Batches: `reference`, `view`, `other` (B, h, w, C); `cells` (B, `CELLS`), numbers of the view's cells that are compared, and
    `places` (B, `CELLS`, 2), where in the reference they are; `weight` (B,), 0 where too little is seen.

    Args:
        sources: each with `drawn(rng)`, which gives an `Example`. They take turns in a batch.
        size: examples in a batch.
        seed: draws everything.
    """

    def __init__(self, sources, size, seed):
        self.sources, self.size, self.seed = sources, size, seed

    def __call__(self, step):
        rng = np.random.default_rng([self.seed, step])
        rows = [
            compared(self.sources[place % len(self.sources)].drawn(rng), rng) for place in range(self.size)
        ]
        return {name: np.stack([row[name] for row in rows]).astype(np.float32) for name in rows[0]}


def compared(example, rng):
    """An `Example` as one of a batch: `CELLS` of those that are seen, several times where there are fewer."""
    seen = np.flatnonzero(example.seen)
    enough = len(seen) >= LEAST_SEEN
    cells = rng.choice(seen, CELLS, replace=len(seen) < CELLS) if enough else np.zeros(CELLS, int)
    return {
        "reference": example.reference,
        "view": example.view,
        "other": example.other,
        "cells": cells,
        "places": example.places[cells],
        "weight": np.float32(enough),
    }
