"""Trials as the teller's front at rest sees them, computed once into a cache folder; and batches of them."""

import dataclasses
import functools

import numpy as np

from getnet_tf.alignment.encoded import encoded, trunk_of
from getnet_tf.data.map_batches import MapBatches
from getnet_tf.errors import InputError
from getnet_tf.individuals.telling.trainer import PHASE
from getnet_tf.individuals.telling.trials import MADE_BY, ROLES, paths_in, read

WATCHED = 8  # where nobody gives others, one trial of so many is watched
LEAST = {"learn from": 4, "watch": 1}  # trials


@dataclasses.dataclass(frozen=True)
class Material:
    """Paths of trials that are `learned` from, and `watched`."""

    learned: list
    watched: list


def look(config):
    """`Material` of a `TellingConfig`. Raises InputError where a folder is not as it should be."""
    paths = paths_in(config.source)
    if config.watched is None:
        watched = paths[::WATCHED]
        learned = [path for number, path in enumerate(paths) if number % WATCHED]
    else:
        learned, watched = paths, paths_in(config.watched)
    for (what, least), own in zip(LEAST.items(), (learned, watched), strict=True):
        if len(own) < least:
            raise InputError(
                f"{config.source}: expected at least {least} trials to {what}, found {len(own)}. {MADE_BY}."
            )
    read(learned[0])  # what is no trial is said before anything is made
    kept = np.linspace(0, len(learned) - 1, min(config.pictures, len(learned))).round().astype(int)
    return Material([learned[n] for n in kept], watched)


def batches_of(network, material, config, cache):
    """What is learned from and what is watched: dict from the one phase to (`TrialBatches`, `SeenTrials`)."""
    trunk = trunk_of(network.trunk)
    learned, watched = (
        SeenTrials(*encoded(cache, name, pictures_of(paths), len(paths) * len(ROLES), trunk))
        for name, paths in (("trials", material.learned), ("watched", material.watched))
    )
    return {PHASE: (TrialBatches(learned, config.batch, 2 * config.seed), watched)}


def pictures_of(paths):
    """A function of a number n: picture of role n % 3 of trial n // 3, with the facts of the trial."""
    trial_of = functools.lru_cache(16)(lambda number: read(paths[number]))

    def picture(number):
        trial = trial_of(number // len(ROLES))
        image = trial.canvases[ROLES[number % len(ROLES)]]
        return {"image": image, "rest": trial.rest, "compared": trial.compared}

    return picture


@dataclasses.dataclass(frozen=True, eq=False)
class SeenTrials:
    """`maps` (3 N, h, w, C) and `facts`, of `encoded`, of N trials."""

    maps: np.ndarray
    facts: dict

    def __len__(self):
        return len(self.maps) // len(ROLES)

    def at(self, numbers):
        """A batch of the trials of these numbers: dict of float32 arrays, `ROLES` (B, h, w, C), "rest" (B, 2, 2), "compared" (B, 20, 20)."""
        numbers = np.asarray(numbers)
        maps = {role: self.maps[len(ROLES) * numbers + place] for place, role in enumerate(ROLES)}
        facts = {name: self.facts[name][len(ROLES) * numbers] for name in ("rest", "compared")}
        return {name: array.astype(np.float32) for name, array in {**maps, **facts}.items()}


class TrialBatches(MapBatches):
    """Batches of trials, as `SeenTrials.at` gives them.

    Args:
        trials: `SeenTrials`.
        size: of a batch; of fewer trials there are all.
        seed: draws everything.
    """

    def __init__(self, trials, size, seed):
        self.trials, self.size, self.seed = trials, min(size, len(trials)), seed

    def __call__(self, step):
        rng = np.random.default_rng([self.seed, step])
        return self.trials.at(np.sort(rng.choice(len(self.trials), self.size, replace=False)))
