"""The alternating trainer (III-D): the transformer alone, then the whole network, in turn."""

import functools

import tensorflow as tf
from keras import ops

from getnet_tf.training.losses import area_loss, contrastive_loss, euclidean_distance, joined_loss
from getnet_tf.training.phase_trainer import PhaseTrainer, fit

TRANSFORMER, WHOLE = "transformer", "whole"


def phase_of(step, config, has_transformer=True):
    """Which phase a step belongs to: `transformer_steps` of the one, then `whole_steps` of the other, in turn.

    Args:
        step: int, counted from 0.
        config: `AlternationConfig`.
        has_transformer: False for the Siamese baseline, which is always trained whole.
    """
    if config.schedule == "end-to-end" or not has_transformer:
        return WHOLE
    return (
        TRANSFORMER
        if step % (config.transformer_steps + config.whole_steps) < config.transformer_steps
        else WHOLE
    )


class AlternatingTrainer(PhaseTrainer):
    """Trains a `GetNet` from pair labels; `fit` with batches of `image0`, `image1`, `label`.

    In the transformer's phase nothing of the Siamese part changes, to the bit: its weights belong to the other
    optimizer, and its BatchNorm runs in inference mode, so the moving statistics rest too. Each phase has its own
    optimizer, which does not step in the other's phase.

    Across replicas (`tf.distribute`) gradients are averaged, as if the batch were one. Plain BatchNorm is not: each
    replica normalizes with its own share of the batch, and the moving statistics are the replicas' mean.

    Args:
        network: a `GetNet`. Made inside the strategy's scope, as is the trainer.
        config: `AlternationConfig`.
        batchnorm_training: False runs every BatchNorm in inference mode, in both phases.

    Source: GetNet III-D.
    """

    def __init__(self, network, config, batchnorm_training=True, **kwargs):
        self.batchnorm_training = batchnorm_training
        names = ["loss", "accuracy", "area"] if network.localiser is not None else ["loss", "accuracy"]
        tracked = {TRANSFORMER: {"loss": "transformer_loss"}, WHOLE: {name: name for name in names}}
        variables_of = {WHOLE: network.trainable_variables}
        if network.localiser is not None and config.schedule == "alternate":
            variables_of[TRANSFORMER] = network.transformer_variables
        super().__init__(network, config, variables_of, tracked, **kwargs)

    def phase(self, step):
        """The phase of a step: "transformer" or "whole"."""
        return phase_of(step, self.config, self.network.localiser is not None)

    def call(self, pair, training=False):
        return self.network(pair, training=training)

    def train_step(self, pair, phase):
        """One step of one phase on one batch of pairs; the losses of eq. 8 and of the scale prior."""
        optimizer, variables = self.optimizers[phase], self.variables_of[phase]
        with tf.GradientTape() as tape:
            result = self.network(
                pair,
                training=self.batchnorm_training,
                encoder_training=self.batchnorm_training and phase == WHOLE,
            )
            # The prior falls with the learning rate: it leads the way at first, the last word has the pair loss.
            prior = ops.cast(optimizer.learning_rate, "float32") / self.config.learning_rate
            values = self.pair_losses(result, pair["label"], prior)
            # Gradients of the replicas are summed.
            loss = values["loss"] / self.distribute_strategy.num_replicas_in_sync
            loss = optimizer.scale_loss(loss)
        optimizer.apply(tape.gradient(loss, variables), variables)
        return self.track(phase, values)

    def pair_losses(self, result, label, prior=1.0):
        """From the network's output on a batch: `loss` is what is minimized, the others are watched.

        `prior` scales the weight of the scale prior.
        """
        boundary = self.config.margin / 2
        if "logit" in result:
            distance = euclidean_distance(result["embedding0"], result["embedding1"])
            pair_loss = contrastive_loss(label, distance, self.config.margin) + joined_loss(
                label, result["logit"]
            )
            same = result["logit"] > 0
        else:
            pair_loss = contrastive_loss(label, result["distance"], self.config.margin)
            same = result["distance"] < boundary
        accuracy = ops.mean(ops.cast(same == (label > 0.5), "float32"))
        values = {"loss": pair_loss, "accuracy": accuracy}
        if "theta0" in result:
            theta = ops.concatenate([result["theta0"], result["theta1"]], axis=0)
            values["area"] = area_loss(self.network.branch.boxes(theta), self.network.config.image_hw)
            values["loss"] = pair_loss + self.config.area_weight * prior * values["area"]
        return values


def train(network, config, pairs, recorder, callbacks, verbose):
    """Trains from wherever the last saved state was.

    Args:
        network: `GetNet`.
        config: `AlternationConfig`.
        pairs: `Pairs` to train on.
        recorder: `RunRecorder`.
        callbacks: for `fit`, the recorder among them.
        verbose: as of `run.run`.

    Returns:
        `AlternatingTrainer`, done.
    """
    trainer = AlternatingTrainer(network, config)
    recorder.resume(trainer)
    fit(trainer, functools.partial(pairs.dataset, size=config.batch), config.steps, callbacks, verbose)
    return trainer
