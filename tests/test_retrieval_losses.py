"""Each loss by hand on the same five points of a line: two of one thing, three of another."""

import numpy as np
import pytest
from keras import ops

from getnet_tf.retrieval.losses import LOSSES

LABELS = np.array([0, 0, 1, 1, 1])
SAME = (LABELS[:, None] == LABELS).astype(np.float32)


def loss(name, points, **settings):
    embedding = np.array(points, np.float32).reshape(len(points), -1)
    return float(ops.convert_to_numpy(LOSSES[name](embedding, SAME, **settings)))


def test_triplet_is_the_mean_over_those_that_cost_something():
    """At 0, 1 and 3, 3, 3 with margin 4: (a, p) = (0, 1) has 1 + 4 - 9 < 0; (1, 0) has 1 + 4 - 4 = 1 with each of three; pairs at 3
    have 0 + 4 - 9 < 0 against 0 and 4 - 4 = 0 against 1. So the mean of 1, 1, 1."""
    assert loss("triplet", [0, 1, 3, 3, 3], margin=4.0) == pytest.approx(1)


def test_coupled_clusters_measures_from_the_middle():
    """Middles 0.5 and 3. Round 0.5: own 0.25, the nearest stranger 2.5^2 = 6.25; with margin 7, 0.25 + 7 - 6.25 = 1, twice. Round 3:
    own 0, the nearest stranger is 1, at 4: 7 - 4 = 3, three times. Half of the mean of 1, 1, 3, 3, 3: 1.1."""
    assert loss("coupled-clusters", [0, 1, 3, 3, 3], margin=7.0) == pytest.approx(1.1)


def test_weak_triplet_asks_only_for_the_nearest():
    """At 0, 1 and 3, 3, 5 with margin 4. From 0: 1 + 4 - 9 < 0. From 1: 1 + 4 - 4 = 1 with both at 3, with 5 none. From either 3: the
    nearest is the other 3, 4 - 4 = 0 to 1 and less to 0. From 5: the nearest is at 4, 4 + 4 - 16 < 0. The mean of 1, 1."""
    assert loss("weak-triplet", [0, 1, 3, 3, 5], margin=4.0) == pytest.approx(1)


def test_contrastive_is_that_of_getnet_over_all_pairs():
    """On a circle: two of thing 0 at 0 degrees, thing 1 at 60: the same pairs have distance 0 (its square at least 1e-6), different
    ones 1, which with margin 1.5 cost 0.25 each."""
    angle = np.deg2rad([0, 0, 60, 60, 60])
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert loss("contrastive", points, margin=1.5) == pytest.approx(0.25, abs=1e-4)


@pytest.mark.parametrize("name", LOSSES)
def test_what_is_where_it_should_be_costs_nothing(name):
    """Two things at opposite ends of a circle."""
    assert loss(name, [[1, 0], [1, 0], [-1, 0], [-1, 0], [-1, 0]]) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_the_order_of_a_batch_does_not_matter(name, rng):
    points = rng.normal(size=(5, 3)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    order = rng.permutation(5)
    there = LOSSES[name](points, SAME, margin=1.0)
    back = LOSSES[name](points[order], SAME[order][:, order], margin=1.0)
    assert float(there) == pytest.approx(float(back), rel=1e-5)
    assert float(there) > 0
