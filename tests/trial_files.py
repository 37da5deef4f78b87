"""Trials to learn telling from, made of noise."""

import numpy as np

from edge_demo.model.layout.cells import CANVAS_CELLS, CANVAS_PX
from getnet_tf.individuals.telling.trials import ROLES, Trial, write


def noise_trial(seed):
    """Canvases of coarse noise, of which the look at the thing is the reference, a little brighter."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 200, (2, 20, 20, 3), np.uint8)
    reference, other = coarse.repeat(CANVAS_PX // 20, axis=1).repeat(CANVAS_PX // 20, axis=2)
    canvases = dict(zip(ROLES, (reference, reference + 9, other), strict=True))
    compared = np.zeros((CANVAS_CELLS, CANVAS_CELLS), bool)
    compared[5:15, 4:16] = True
    return Trial(canvases, rng.uniform(-1, 0, (2, 2)).astype(np.float32), compared)


def write_trials(folder, count, first=0):
    """So many files."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        write(folder / f"noise-{number:05d}.npz", noise_trial(number))
    return folder
