"""Trains the two regressors of an aligner in turn, on cached maps."""

import numpy as np
import tensorflow as tf
from keras import ops

from getnet_tf.alignment.affine_maps import IDENTITY
from getnet_tf.alignment.correlation import all_pairs_correlation
from getnet_tf.alignment.loss import fit_loss, grid_distance, weighted_mean
from getnet_tf.alignment.network import AFFINE, SPLINE
from getnet_tf.backbones import efficientnet_lite0
from getnet_tf.graph import graph_of
from getnet_tf.spatial_transformer import SpatialTransformer
from getnet_tf.training.phase_trainer import PhaseTrainer
from getnet_tf.training.state_recorder import StateRecorder

FIT_WEIGHT = 0.1  # of the yes or no, beside the grid distance
WATCHED_BATCHES = 8


class AlignTrainer(PhaseTrainer):
    """Trains an `Aligner`: first its affine regressor, then its spline's. Batches are those of `PairBatches`.

    Args:
        network: `Aligner`.
        config: `AlignConfig`.
    """

    def __init__(self, network, config, **kwargs):
        variables_of = {AFFINE: network.affine.trainable_variables, SPLINE: network.tps.trainable_variables}
        names = {"loss": "loss", "grid": "grid", "fits": "fits"}
        tracked = {phase: {n: f"{phase}_{shown}" for n, shown in names.items()} for phase in variables_of}
        super().__init__(network, config, variables_of, tracked, **kwargs)
        cells_hw = tuple(n // efficientnet_lite0.STRIDE for n in network.image_hw)
        self.read = SpatialTransformer(cells_hw, AFFINE)
        # The middles of the outermost cells lie inside the image's, where -1 and +1 of the image are.
        self.reach = (network.image_hw[0] - efficientnet_lite0.STRIDE) / (network.image_hw[0] - 1)

    def phase(self, step):
        """The phase of a step: "affine" or "tps"."""
        return AFFINE if step < self.config.affine_steps else SPLINE

    def train_step(self, batch, phase):
        optimizer, variables = self.optimizers[phase], self.variables_of[phase]
        with tf.GradientTape() as tape:
            values = self.losses(batch, phase, training=True)
            loss = values["loss"] / self.distribute_strategy.num_replicas_in_sync
        optimizer.apply(tape.gradient(loss, variables), variables)
        return self.track(phase, values)

    def losses(self, batch, phase, training):
        """How far theta is off, and how often the answer to "do they fit" is wrong: dict of () float."""
        regressor = self.network.affine if phase == AFFINE else self.network.tps
        maps_a, maps_b = (self.read([batch[f"maps_{n}"], self._on_cells(batch[f"read_{n}"])]) for n in "ab")
        pairs = all_pairs_correlation(maps_a, maps_b)
        offset, fit = regressor(pairs, training=training)
        theta = offset + IDENTITY if phase == AFFINE else offset
        grid = weighted_mean(grid_distance(theta, batch["theta"], phase), batch["located"])
        logit = fit[:, 0]
        unsure = weighted_mean(fit_loss(batch["label"], logit), batch["asked"])
        right = ops.cast((logit > 0) == (batch["label"] > 0.5), "float32")
        return {
            "loss": grid + FIT_WEIGHT * unsure,
            "grid": grid,
            "fits": weighted_mean(right, batch["asked"]),
        }

    def _on_cells(self, theta):
        """An affine theta (B, 6) of images, as it moves their maps."""
        return theta / np.array([1, 1, self.reach, 1, 1, self.reach], np.float32)

    def call(self, image_a, image_b):
        return self.network(image_a, image_b)


class AlignRecorder(StateRecorder):
    """Watches pairs that are never learned from, beside log and state.

    Args:
        folder: of the run.
        batches: dict from phase to `PairBatches` that are watched.
    """

    def __init__(self, folder, batches):
        super().__init__(folder)
        self.batches = {
            phase: [watched(step) for step in range(WATCHED_BATCHES)] for phase, watched in batches.items()
        }

    def set_model(self, model):
        super().set_model(model)
        self.losses = graph_of(lambda batch, phase: model.losses(batch, phase, training=False))

    def look(self, trainer, logs):
        """Adds val_grid, the root of the mean squared distance on watched pairs (2 is the side), and val_fits."""
        phase = trainer.phase(trainer.step - 1)
        values = [self.losses(batch, phase) for batch in self.batches[phase]]
        logs["val_grid"] = float(np.sqrt(np.mean([v["grid"] for v in values])))
        logs["val_fits"] = float(np.mean([v["fits"] for v in values]))
