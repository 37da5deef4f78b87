"""A whitening that is learned."""

import numpy as np
import pytest

from getnet_tf.retrieval.learned import batches, learned
from getnet_tf.retrieval.losses import LOSSES
from getnet_tf.retrieval.whitening import fitted, joined

LABELS = np.repeat(np.arange(6), 8)


@pytest.fixture(scope="module")
def parts():
    """Two parts of eight numbers each: the last says, faintly, which of six kinds it is, the others are noise."""
    rng = np.random.default_rng(0)
    parts = rng.normal(size=(48, 2, 8))
    parts[:, :, 6] = 0.3 * np.cos(LABELS)[:, None]
    parts[:, :, 7] = 0.3 * np.sin(LABELS)[:, None]
    return parts


def spread(codes):
    """How much nearer codes of one kind are than others, mean of cosines."""
    cosines, same = codes @ codes.T, LABELS[:, None] == LABELS
    return cosines[same & ~np.eye(48, dtype=bool)].mean() - cosines[~same].mean()


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_draws_kinds_together(loss, parts):
    start = fitted(parts.reshape(-1, 8), 4)
    found = learned(parts, LABELS, start, loss, steps=60, learning_rate=1e-2)
    assert spread(joined(parts, found)) > spread(joined(parts, start)) + 0.2
    again = learned(parts, LABELS, start, loss, steps=60, learning_rate=1e-2)
    assert found.fingerprint == again.fingerprint


def test_without_a_step_up_nothing_changes(parts):
    start = fitted(parts.reshape(-1, 8), 4)
    same = learned(parts, LABELS, start, steps=1, learning_rate=0.0)
    assert np.allclose(joined(parts, same), joined(parts, start), atol=1e-5)


def test_a_batch_has_so_many_of_each_kind():
    (rows,) = batches(LABELS, 1, kinds=3, each=4)
    kinds, counts = np.unique(LABELS[rows], return_counts=True)
    assert len(kinds) == 3 and set(counts) == {4} and len(set(rows)) == 12


def test_a_kind_of_a_single_picture_is_left_out():
    rows = np.concatenate(list(batches(np.array([0, 0, 1, 1, 2]), 5)))
    assert set(rows) == {0, 1, 2, 3}
    with pytest.raises(ValueError, match="Received: 1"):
        list(batches(np.array([0, 0, 1]), 1))
