"""Trains the end of a teller's trunk and its head on cached maps."""

import contextlib

import numpy as np
import tensorflow as tf
from keras import ops

from getnet_tf.console import say
from getnet_tf.evaluation.metrics import roc_auc
from getnet_tf.graph import graph_of
from getnet_tf.individuals import decision
from getnet_tf.individuals.telling.likeness import cells_alike, ranked
from getnet_tf.individuals.telling.trials import REST, ROLES
from getnet_tf.training.phase_trainer import PhaseTrainer
from getnet_tf.training.state_recorder import StateRecorder

PHASE = "telling"
AT_ONCE = 8  # watched trials that are looked at together


class TellingTrainer(PhaseTrainer):
    """Trains a `Teller`. Batches are those of `TrialBatches`.

    What decides at the edge, the weighted sum of cells, colours and kind, is to be higher of the look at the thing itself than of the one
    at something else, of its own trial and of all others.

    A few dozen things teach what tells these apart, and at the price of what the network knew of all others. So of what was learned a
    share is kept: the weights are drawn back towards those of the beginning.

    Args:
        network: `Teller`.
        config: `TellingConfig`.

    Source: for the weights between, Wortsman et al. 2022, "Robust fine-tuning of zero-shot models" (arXiv:2109.01903).
    """

    def __init__(self, network, config, **kwargs):
        tracked = {PHASE: {name: name for name in ("loss", "right")}}
        super().__init__(network, config, {PHASE: network.learning}, tracked, **kwargs)
        self.weights_of = decision.read()
        self.began_as = [np.array(variable) for variable in network.learning]

    def phase(self, step):
        """There is one."""
        return PHASE

    def train_step(self, batch, phase):
        optimizer, variables = self.optimizers[phase], self.variables_of[phase]
        with tf.GradientTape() as tape:
            shown, other = self.logits(batch)
            values = {"loss": ranked(shown, other), "right": ops.mean(ops.cast(shown > other, "float32"))}
            loss = values["loss"] / self.distribute_strategy.num_replicas_in_sync
        optimizer.apply(tape.gradient(loss, variables), variables)
        return self.track(phase, values)

    def logits(self, batch):
        """The decision but for its bias, of every trial's look at the thing, and at something else: two (B,) float."""
        maps = ops.concatenate([batch[role] for role in ROLES], axis=0)
        reference, *looks = ops.split(self.network.described(maps), len(ROLES), axis=0)
        rest = ops.sum(
            batch["rest"] * np.float32([self.weights_of[name] for name in REST]), axis=-1
        )  # (B, 2)
        return [
            self.weights_of["cells"] * cells_alike(reference, look, batch["compared"]) + rest[:, place]
            for place, look in enumerate(looks)
        ]

    def draw_back(self):
        """Leaves the network with the share of what was learned that is kept: when the training is at its end."""
        for variable, began in zip(self.network.learning, self.began_as, strict=True):
            variable.assign(began + self.config.kept * (np.array(variable) - began))

    @contextlib.contextmanager
    def drawn_back(self):
        """The same for a while, to see what it is worth."""
        learned = [np.array(variable) for variable in self.network.learning]
        self.draw_back()
        try:
            yield
        finally:
            for variable, value in zip(self.network.learning, learned, strict=True):
                variable.assign(value)

    def call(self, images):
        return self.network(images)


class TellingRecorder(StateRecorder):
    """Watches trials that are never learned from, beside log and state: what is told of them with what is kept of the training.

    Args:
        folder: of the run.
        trials: dict from the phase to `SeenTrials`.
    """

    def __init__(self, folder, trials):
        super().__init__(folder)
        self.trials = trials[PHASE]

    def resume(self, trainer):
        super().resume(trainer)
        self.logits = graph_of(trainer.logits)
        with trainer.drawn_back():
            found = self.scores()
        say(
            f"before step {trainer.step + 1}: "
            + ", ".join(f"{name} {value:.3f}" for name, value in found.items())
        )

    def look(self, trainer, logs):
        """Adds val_auc and val_paired, see `scores`."""
        with trainer.drawn_back():
            logs.update({f"val_{name}": value for name, value in self.scores().items()})

    def scores(self):
        """Of the watched trials: "auc" of the decision, all together; "paired", share of those that have the thing above the other one."""
        every = np.arange(len(self.trials))
        batches = [self.trials.at(every[start : start + AT_ONCE]) for start in every[::AT_ONCE]]
        shown, other = np.concatenate([np.stack(self.logits(batch)) for batch in batches], axis=1)
        label = np.repeat([1, 0], len(shown))
        return {
            "auc": float(roc_auc(label, -np.concatenate([shown, other]))),
            "paired": float(np.mean(shown > other)),
        }
