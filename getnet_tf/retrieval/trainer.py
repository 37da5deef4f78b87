"""Trains head and whitening of codes on cached maps."""

import dataclasses

import numpy as np
import tensorflow as tf

from getnet_tf.graph import graph_of
from getnet_tf.retrieval.average_precision import average_precision
from getnet_tf.retrieval.losses import LOSSES
from getnet_tf.training.phase_trainer import PhaseTrainer
from getnet_tf.training.state_recorder import StateRecorder

PHASE = "code"
LIMIT = 10  # of AP@10
BLOCK = 64  # pictures that are coded at once


class CodeTrainer(PhaseTrainer):
    """Trains a `CodeNetwork` but for its backbone. Batches are those of `KindBatches`.

    Args:
        network: `CodeNetwork`.
        config: `CodeConfig`.
    """

    def __init__(self, network, config, **kwargs):
        variables = {PHASE: network.pooling.trainable_variables + network.whitening.trainable_variables}
        super().__init__(network, config, variables, {PHASE: {"loss": "loss"}}, **kwargs)

    def phase(self, step):
        """There is one."""
        return PHASE

    def train_step(self, batch, phase):
        optimizer, variables = self.optimizers[phase], self.variables_of[phase]
        with tf.GradientTape() as tape:
            code = self.network.coded(batch["maps"])
            loss = LOSSES[self.config.loss](code, batch["same"])
            scaled = loss / self.distribute_strategy.num_replicas_in_sync
        optimizer.apply(tape.gradient(scaled, variables), variables)
        return self.track(phase, {"loss": loss})

    def call(self, images):
        return self.network(images)


@dataclasses.dataclass(frozen=True, eq=False)
class Watched:
    """Pictures that are asked for, and those among which they are: `maps` (N, h, w, K), `labels` (N,), `queries` (N,) bool."""

    maps: np.ndarray
    labels: np.ndarray
    queries: np.ndarray

    def ap_at_10(self, codes):
        """Mean AP@10 of the queries that have a picture of their kind among the others, by codes (N, D) of length 1; nan if none has."""
        others = self.labels[~self.queries]
        order = np.argsort(-codes[self.queries] @ codes[~self.queries].T, axis=1, kind="stable")
        right = others[order] == self.labels[self.queries][:, None]
        totals = right.sum(axis=1)
        found = [average_precision(r, t, LIMIT) for r, t in zip(right, totals, strict=True) if t]
        return float(np.mean(found)) if found else float("nan")


class CodeRecorder(StateRecorder):
    """Asks for pictures that are never learned from, beside log and state.

    Args:
        folder: of the run.
        watched: dict from the phase to `Watched`.
    """

    def __init__(self, folder, watched):
        super().__init__(folder)
        self.watched = watched.get(PHASE)

    def set_model(self, model):
        super().set_model(model)
        self.coded = graph_of(model.network.coded)

    def look(self, trainer, logs):
        """Adds val_ap_at_10."""
        maps = self.watched.maps
        codes = [
            np.asarray(self.coded(maps[start : start + BLOCK].astype(np.float32)))
            for start in range(0, len(maps), BLOCK)
        ]
        logs["val_ap_at_10"] = self.watched.ap_at_10(np.concatenate(codes))
