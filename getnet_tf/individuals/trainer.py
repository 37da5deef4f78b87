"""Trains the head of a describer on cached maps."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from getnet_tf.alignment.loss import weighted_mean
from getnet_tf.console import say
from getnet_tf.geometry import sample_gather
from getnet_tf.graph import graph_of
from getnet_tf.individuals.loss import info_nce
from getnet_tf.individuals.places import middles_norm, near_norm, reach
from getnet_tf.individuals.scores import scores_of
from getnet_tf.training.phase_trainer import PhaseTrainer
from getnet_tf.training.state_recorder import StateRecorder

PHASE = "cells"


class CellsTrainer(PhaseTrainer):
    """Trains the head of a `Describer`. Batches are those of `ExampleBatches`.

    A cell of the view is to be more like its place in the reference than like any other place of it, any cell of the look-alike,
    and any cell of the references and look-alikes of the rest of the batch.

    Args:
        network: `Describer`.
        config: `CellsConfig`.
    """

    def __init__(self, network, config, **kwargs):
        variables = {PHASE: network.cells.trainable_variables}
        super().__init__(
            network, config, variables, {PHASE: {name: name for name in ("loss", "right")}}, **kwargs
        )
        self.middles, self.near = middles_norm(network.image_hw), near_norm(network.image_hw)
        self.reach = reach(network.image_hw).astype(np.float32)

    def phase(self, step):
        """There is one."""
        return PHASE

    def train_step(self, batch, phase):
        optimizer, variables = self.optimizers[phase], self.variables_of[phase]
        with tf.GradientTape() as tape:
            values = self.losses(batch, training=True)
            loss = values["loss"] / self.distribute_strategy.num_replicas_in_sync
        optimizer.apply(tape.gradient(loss, variables), variables)
        return self.track(phase, values)

    def losses(self, batch, training):
        """The contrast, and the share of cells whose match is the likeliest of all: dict of () float."""
        maps = ops.concatenate([batch[name] for name in ("reference", "view", "other")], axis=0)
        reference, view, other = ops.split(self.network.described(maps, training), 3, axis=0)
        count, flat = batch["cells"].shape[0], (batch["cells"].shape[0], -1, reference.shape[-1])
        cells = ops.take_along_axis(
            ops.reshape(view, flat), ops.cast(batch["cells"], "int32")[..., None], axis=1
        )
        places = ops.clip(batch["places"] / self.reach, -1.0, 1.0)[:, :, None]  # of the map, not the picture
        match = sample_gather(reference, places)[:, :, 0]  # (B, K, D)
        match = match / ops.maximum(ops.norm(match, axis=-1, keepdims=True), 1e-6)
        every = ops.reshape(ops.concatenate([reference, other], axis=0), (-1, flat[-1]))
        cosines = ops.matmul(cells, ops.transpose(every))  # (B, K, 2 B h w)
        likeness = ops.sum(cells * match, axis=-1)
        apart = self._apart(batch["places"], count)
        loss = info_nce(likeness, cosines, apart, self.config.temperature)
        right = ops.cast(likeness >= ops.max(ops.where(apart, cosines, -1.0), axis=-1), "float32")
        return {
            name: weighted_mean(ops.mean(value, axis=1), batch["weight"])
            for name, value in {"loss": loss, "right": right}.items()
        }

    def _apart(self, places, count):
        """Which of all cells of all references, then of all look-alikes, are not at the places (B, K, 2): (B, K, 2 B h w) bool."""
        here = ops.norm(places[:, :, None] - self.middles, axis=-1) <= self.near  # (B, K, h w)
        own = ops.eye(count, dtype="bool")[:, None, :, None] & here[:, :, None]  # (B, K, B, h w)
        own = ops.reshape(own, (*places.shape[:2], -1))
        return ops.logical_not(ops.concatenate([own, ops.zeros_like(own)], axis=-1))

    def call(self, images):
        return self.network(images)


class CellsRecorder(StateRecorder):
    """Watches examples that are never learned from, beside log and state. What the trunk's own cells are worth it says at once.

    Args:
        folder: of the run.
        examples: dict from the phase to a list of `Example`.
    """

    def __init__(self, folder, examples):
        super().__init__(folder)
        self.examples = examples[PHASE]

    def resume(self, trainer):
        super().resume(trainer)
        found = scores_of(_at_length_1, self.examples, trainer.network.image_hw)
        say("the trunk's own cells: " + ", ".join(f"{name} {value:.3f}" for name, value in found.items()))

    def set_model(self, model):
        super().set_model(model)
        self.describe = graph_of(model.network.described)

    def look(self, trainer, logs):
        """Adds val_nearest, val_auc and val_paired, see `scores_of`."""
        found = scores_of(self.describe, self.examples, trainer.network.image_hw)
        logs.update({f"val_{name}": value for name, value in found.items()})


def _at_length_1(maps):
    return keras.utils.normalize(maps, axis=-1, order=2)
