"""A whitening that is learned from labelled pictures: shift and dense, begun where the principal components end."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from getnet_tf.retrieval.losses import LOSSES
from getnet_tf.retrieval.unit import unit
from getnet_tf.retrieval.whitening import Whitening

KINDS, EACH = 16, 4  # of a batch, and pictures of each
STEPS = 400
LEARNING_RATE = 1e-3  # at the start, cosine decay; of the projection at a mean square of 1


def batches(labels, steps, seed=0, kinds=KINDS, each=EACH):
    """Numbers of pictures, so many of each of so many kinds, drawn alike: a generator of (B,) int arrays.

    Args:
        labels: (N,), anything that compares.
        steps: batches.
        seed: draws them.
        kinds, each: of a batch; fewer kinds where there are fewer, and of a kind with fewer pictures some twice.

    Raises:
        ValueError: if there are fewer than two kinds with two pictures.
    """
    members = [np.flatnonzero(labels == kind) for kind in np.unique(labels)]
    members = [own for own in members if len(own) > 1]
    if len(members) < 2:
        raise ValueError(
            f"Invalid `labels`. Expected two kinds or more with two pictures or more. Received: {len(members)}."
        )
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        chosen = rng.choice(len(members), min(kinds, len(members)), replace=False)
        yield np.concatenate([rng.choice(members[i], each, replace=len(members[i]) < each) for i in chosen])


def learned(parts, labels, start, loss="triplet", steps=STEPS, learning_rate=LEARNING_RATE, seed=0):
    """Goes on from a whitening, so that codes of one kind lie nearer than those of others.

    Args:
        parts: (N, R, K) float, of a head.
        labels: (N,) kinds.
        start: `Whitening` to go on from.
        loss: a key of `LOSSES`.
        steps: batches that are learned from, the same ones for every loss.
        learning_rate: of Adam, at the start.
        seed: draws the batches.

    Returns:
        `Whitening`.

    Raises:
        ValueError: as `batches`.

    Source: Gordo et al. 2016 (arXiv:1604.01325), section 3.1, where shift and dense layer of the regions take the place of a
    whitening; differs: begun at the whitening, and what is before it stays.
    """
    parts, labels = unit(np.asarray(parts, np.float32)), np.asarray(labels)
    # Codes have length 1 in any case, so the projection's own size is free; at this one a step means the same for all.
    scale = np.sqrt(np.mean(start.projection**2))
    shift, dense = tf.Variable(start.mean), tf.Variable(start.projection / scale)
    decay = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    optimizer = keras.optimizers.Adam(decay)
    optimizer.build([shift, dense])

    @tf.function(reduce_retracing=True)
    def step(batch, same):
        with tf.GradientTape() as tape:
            whitened = unit(ops.matmul(batch - shift, dense), ops)
            cost = LOSSES[loss](unit(ops.sum(whitened, axis=1), ops), same)
        optimizer.apply(tape.gradient(cost, [shift, dense]), [shift, dense])
        return cost

    for rows in batches(labels, steps, seed):
        own = labels[rows]
        step(parts[rows], (own[:, None] == own).astype(np.float32))
    return Whitening(shift.numpy(), dense.numpy())
