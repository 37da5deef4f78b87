"""Pairs of cached maps whose theta is known, as batches for the two phases, every one a function of (seed, step).

Half of a batch are two views of one picture, half are finds. Of both some are two things that do not fit.
"""

import dataclasses

import numpy as np

from edge_demo.model.alignment.affine import after as composed
from edge_demo.model.alignment.affine import inverse
from edge_demo.model.alignment.turns import TURNS
from getnet_tf.alignment.affine_maps import IDENTITY, SYMMETRIES, resampled, spline_after
from getnet_tf.alignment.finds import AREAS, ROLES, angle_deg, turned_theta
from getnet_tf.alignment.warps import rotation
from getnet_tf.data.map_batches import MapBatches

STRANGERS = 0.25  # of the pairs, those of two things
REACH_DEG = 40.0  # a turn up to which theta is learned, and which fits; half an eighth of a circle would do
BEYOND_DEG = 60.0  # from which on it does not fit; in between nobody is asked
NEAREST = 0.6  # of the finds, those whose reference is shown in the turn that comes nearest
UNLIKE = 0.8  # of the features' spread, at most: noise that stands for another thing of the kind
# How maps are read anew, each for itself, so that no pair comes twice.
READ_DEG, READ_SCALES, READ_SHIFT = 8.0, (0.9, 1.1), 0.1


@dataclasses.dataclass(frozen=True)
class Seen:
    """Maps of numbered pictures, and what is known of each.

    `maps` (N, h, w, D) float16; `facts`, dict of arrays (N, ...); `count` pictures belong together, one after the other;
    `labels`, (N / count,) int, different where two such groups show different things; `chosen`, (n,) int, the groups that
    are drawn from.
    """

    maps: np.ndarray
    facts: dict
    count: int
    labels: np.ndarray
    chosen: np.ndarray

    def at(self, group, place):
        """Maps (B, h, w, D) float32 of pictures `place` (B,) of groups `group` (B,)."""
        return self.maps[group * self.count + place].astype(np.float32)

    def fact(self, name, group, place):
        """As `at`, of a fact."""
        return self.facts[name][group * self.count + place]


class PairBatches(MapBatches):
    """Batches of pairs: `maps_a`, `maps_b` (B, h, w, D); `theta` (B, P); `located` (B,), 1 where theta is known; `label` (B,),
    1 where the two fit, and `asked` (B,), 1 where that is clear; `read_a`, `read_b` (B, 6), affine, where the maps are to be
    read first: theta is between what is read then.

    Both are read turned and mirrored alike, which leaves every cosine as it was; A, and B if theta stays of its kind, also a
    little beside that. Subclasses name the `kind` of theta, and draw the two halves.

    Args:
        views, splines, finds: `Seen`.
        size: pairs in a batch.
        unlike: noise, see `UNLIKE`; 0: pairs are to be watched, and come as they are.
        seed: draws everything.
    """

    def __init__(self, views, splines, finds, size, unlike, seed):
        self.views, self.splines, self.finds = views, splines, finds
        self.size, self.unlike, self.seed = size, unlike, seed
        self.spread = np.std(views.maps[:: max(1, len(views.maps) // 200)].astype(np.float32), axis=(0, 1, 2))

    def __call__(self, step):
        rng = np.random.default_rng([self.seed, step])
        halves = self._of_one_picture(self.size // 2, rng), self._of_finds(self.size - self.size // 2, rng)
        batch = {name: np.concatenate([half[name] for half in halves]) for name in halves[0]}
        # Two pictures of one kind look less alike than two of one thing.
        for name in ("maps_a", "maps_b") if self.unlike else ():
            amount = rng.uniform(0, self.unlike, (self.size, 1, 1, 1)).astype(np.float32)
            noise = rng.standard_normal(batch[name].shape, dtype=np.float32)
            batch[name] = batch[name] + amount * self.spread * noise
        reads = self._reads(rng) if self.unlike else [np.tile(IDENTITY, (self.size, 1))] * 2
        batch |= {
            "theta": resampled(batch["theta"], self.kind, *reads),
            "read_a": reads[0],
            "read_b": reads[1],
        }
        return {name: array.astype(np.float32) for name, array in batch.items()}

    def _reads(self, rng):
        """Where the maps of A and of B are read: (B, 6) each."""
        both = SYMMETRIES[rng.integers(len(SYMMETRIES), size=self.size)]
        read_a = composed(both, np.stack([beside(rng) for _ in range(self.size)]))
        if self.kind == "tps":
            return read_a, both
        return read_a, composed(both, np.stack([beside(rng) for _ in range(self.size)]))

    def _of_one_picture(self, count, rng):
        raise TypeError(f"{type(self).__name__} does not draw pairs of views.")

    def _of_finds(self, count, rng):
        raise TypeError(f"{type(self).__name__} does not draw finds.")


class AffineBatches(PairBatches):
    """Pairs for the affine regressor."""

    kind = "affine"

    def _of_one_picture(self, count, rng):
        views, photo = self.views, rng.choice(self.views.chosen, count)
        place_a = rng.integers(views.count, size=count)
        place_b = (place_a + rng.integers(1, views.count, size=count)) % views.count
        stranger = strangers(views, photo, rng)
        same = (stranger == photo).astype(np.float32)
        theta = composed(inverse(views.fact("theta", photo, place_a)), views.fact("theta", photo, place_b))
        return {
            "maps_a": views.at(stranger, place_a),
            "maps_b": views.at(photo, place_b),
            "theta": theta,
            "located": same,
            "label": same,
            "asked": np.ones(count),
        }

    def _of_finds(self, count, rng):
        finds, find = self.finds, rng.choice(self.finds.chosen, count)
        zeros, area = np.zeros(count, int), rng.integers(AREAS, size=count)
        theta = finds.fact("theta", find, zeros)[np.arange(count), area]
        turned = np.abs([angle_deg(turned_theta(theta, zeros + n)) for n in range(TURNS)])  # (8, B)
        turn = np.where(rng.random(count) < NEAREST, turned.argmin(axis=0), rng.integers(TURNS, size=count))
        angle = turned[turn, np.arange(count)]
        stranger = strangers(finds, find, rng)
        same = stranger == find
        within = angle <= REACH_DEG
        return {
            "maps_a": finds.at(stranger, turn),
            "maps_b": finds.at(find, TURNS + area),
            "theta": turned_theta(theta, turn),
            "located": same & within,
            "label": same & within,
            "asked": ~same | within | (angle > BEYOND_DEG),
        }


class SplineBatches(PairBatches):
    """Pairs for the spline's regressor: the affine map has laid A on B before, more or less."""

    kind = "tps"

    def _of_one_picture(self, count, rng):
        photo = rng.choice(self.views.chosen, count)
        # As it is, or as an affine map leaves it that was not quite right.
        place_a = np.where(rng.random(count) < 0.5, 0, rng.integers(self.views.count, size=count))
        place_b = rng.integers(self.splines.count, size=count)
        stranger = strangers(self.views, photo, rng)
        same = (stranger == photo).astype(np.float32)
        bent = self.splines.fact("theta", photo, place_b)
        return {
            "maps_a": self.views.at(stranger, place_a),
            "maps_b": self.splines.at(photo, place_b),
            "theta": spline_after(inverse(self.views.fact("theta", photo, place_a)), "tps", bent),
            "located": same,
            "label": same,
            "asked": np.ones(count),
        }

    def _of_finds(self, count, rng):
        finds, find = self.finds, rng.choice(self.finds.chosen, count)
        zeros = np.zeros(count, int)
        stranger = strangers(finds, find, rng)
        same = (stranger == find).astype(np.float32)
        near = finds.fact("near", find, zeros)
        return {
            "maps_a": finds.at(stranger, zeros + ROLES - 1),
            "maps_b": finds.at(find, zeros + TURNS),
            "theta": spline_after(np.tile(IDENTITY, (count, 1)), "affine", near),
            "located": same,
            "label": same,
            "asked": np.ones(count),
        }


def strangers(seen, group, rng):
    """Of each group (B,) int itself, or, of a share, another of those chosen that shows another thing: (B,) int."""
    other = rng.choice(seen.chosen, len(group))
    apart = seen.labels[other] != seen.labels[group]
    return np.where(apart & (rng.random(len(group)) < STRANGERS), other, group)


def beside(rng):
    """An affine map near the identity, for maps of features: (6,)."""
    linear = rotation(np.deg2rad(rng.uniform(-READ_DEG, READ_DEG))) @ np.diag(rng.uniform(*READ_SCALES, 2))
    return np.column_stack([linear, rng.uniform(-READ_SHIFT, READ_SHIFT, 2)]).reshape(6)
