"""The two phases on a pretrained backbone (III-D): the Siamese part learns what, then the transformer where.

The paper alternates because neither part can do anything at first. A pretrained encoder can, so here the Siamese part
comes first and then rests, and the transformer learns against an encoder that holds still. Neither meets a pixel: both
go on from what the frozen trunk saw (`data.map_cache`).
"""

import shutil

import tensorflow as tf
from keras import ops

from getnet_tf import geometry
from getnet_tf.backbones.efficientnet_lite0 import STRIDE
from getnet_tf.console import say
from getnet_tf.data.encoded import learned, scene_batches, siamese_batches
from getnet_tf.data.map_batches import MAPS
from getnet_tf.localisers import shipped as shipped_localiser
from getnet_tf.localisers.neck import start_neck
from getnet_tf.training.losses import (
    area_loss,
    batch_contrastive_loss,
    contrastive_loss,
    euclidean_distance,
    locating_loss,
)
from getnet_tf.training.phase_trainer import PhaseTrainer, fit
from getnet_tf.training.run_folder import CACHE

SIAMESE, TRANSFORMER = "siamese", "transformer"
START_MAPS = 200  # that the neck's directions are taken from


class InTurnTrainer(PhaseTrainer):
    """Trains a `GetNet` with a pretrained backbone on cached maps.

    Batches are dicts of float32. Those of the Siamese phase: `maps` (M, h, w, C) of the trunk; `label` and `known` (M, M), see
    `batch_contrastive_loss`; `start` (M, E), the embeddings before any training.
    Those of the transformer's phase: `fine`, `coarse`, `evidence` of frames, the same with `reference_` of references;
    `label` (B,), 1 where the frame shows what the reference does; `box` (B, 4), where, as shares of the frame, or zeros.

    How the transformer is supervised is `config.supervision`: "pairs" by the pair labels alone, through the frozen
    encoder; "pairs+synthetic" by the boxes of composed scenes.

    Args:
        network: a `GetNet` on a pretrained backbone.
        config: `InTurnConfig`.
    """

    def __init__(self, network, config, **kwargs):
        variables_of, tracked = {}, {SIAMESE: {"loss": "pair_loss", "moved": "moved"}}
        network.top.trainable = config.learns == "top"
        variables_of[SIAMESE] = network.encoder.trainable_variables + network.top.trainable_variables
        if network.localiser is not None:
            variables_of[TRANSFORMER] = network.transformer_variables
            tracked[TRANSFORMER] = {"loss": "transformer_loss", "iou": "iou", "found": "found"}
        peaks = {TRANSFORMER: config.locating_rate}
        super().__init__(network, config, variables_of, tracked, peaks, **kwargs)

    def phase(self, step):
        """The phase of a step: "siamese" or "transformer"."""
        return SIAMESE if step < self.config.siamese_steps else TRANSFORMER

    def train_step(self, batch, phase):
        """One step of one phase; BatchNorms of the backbone keep their statistics."""
        losses = self.siamese_losses if phase == SIAMESE else self.transformer_losses
        optimizer, variables = self.optimizers[phase], self.variables_of[phase]
        with tf.GradientTape() as tape:
            values = losses(batch)
            loss = optimizer.scale_loss(values["loss"] / self.distribute_strategy.num_replicas_in_sync)
        optimizer.apply(tape.gradient(loss, variables), variables)
        return self.track(phase, values)

    def siamese_losses(self, batch):
        """The pair loss over the whole batch, and what it costs to move away from what ImageNet taught."""
        embedding = self.network.branch.embed(self.network.top(batch["maps"]), training=True)
        pair_loss = batch_contrastive_loss(
            embedding, batch["label"], batch["known"], self.config.margin, self.config.slack
        )
        moved = ops.mean(1.0 - ops.sum(embedding * batch["start"], axis=-1))
        return {"loss": pair_loss + self.config.keep_weight * moved, "moved": moved}

    def transformer_losses(self, batch):
        """How far the localiser is off, by boxes or by pair labels."""
        network, branch, config = self.network, self.network.branch, self.config
        maps = [batch[name] for name in MAPS]
        shown = [batch[f"reference_{name}"] for name in MAPS]
        descriptor = None
        if branch.strategy.takes_reference:
            descriptor = branch.strategy.descriptor(branch, shown, training=True)
        box, weight = branch.strategy.box(branch, maps, descriptor, training=True)
        located, overlap = locating_loss(box, weight, batch["box"])
        positive = batch["label"]
        count = ops.maximum(ops.sum(positive), 1.0)
        values = {
            "loss": located,
            "iou": ops.sum(positive * overlap) / count,
            "found": ops.sum(positive * ops.cast(overlap > 0.5, "float32")) / count,
        }
        if config.supervision == "pairs":
            theta = branch.theta_of_box(box)
            hw = tuple(n // STRIDE for n in network.config.crop_hw)
            area = geometry.sample(maps[0], theta, network.config.theta_kind, hw)
            distance = euclidean_distance(branch.embedding_of_map(area), branch.embed(shown[1]))
            prior = config.area_weight * area_loss(branch.boxes(theta), network.config.image_hw)
            values["loss"] = contrastive_loss(batch["label"], distance, config.margin) + prior
        return values

    def call(self, pair, training=False):
        return self.network(pair, training=training)


def train(network, config, split, folder, recorder, callbacks, verbose):
    """Runs both phases from wherever the last saved state was.

    Args:
        network: `GetNet` on a pretrained backbone, its weights loaded.
        config: `RunConfig`.
        split: `Photos` to train on; or `LabelledPairs`, for a network without a localiser.
        folder: of the run.
        recorder: `RunRecorder`.
        callbacks: for `fit`, the recorder among them.
        verbose: as of `run.run`.

    Returns:
        `InTurnTrainer`, done.
    """
    settings, cache = config.train, folder / CACHE
    trainer = InTurnTrainer(network, settings)
    started = learned(network)
    recorder.resume(trainer)
    if trainer.step < settings.siamese_steps:
        batches = siamese_batches(network, started, split, config, cache)
        say(f"learning what things are: {settings.siamese_steps} steps")
        fit(trainer, batches.dataset, settings.siamese_steps, callbacks, verbose)
    if trainer.step < settings.steps:
        batches = scene_batches(network, split, config, cache)
        say(f"learning where they are: {settings.locating_steps} steps")
        if trainer.step == settings.siamese_steps:
            begin_localiser(network, settings, batches.scenes)
        fit(trainer, batches.dataset, settings.steps, callbacks, verbose)
    shutil.rmtree(cache, ignore_errors=True)
    return trainer


def localiser_start(network, config):
    """What neck and localiser begin with: "shipped", "scratch", or None where none learns.

    Args:
        network: `GetNet` on a pretrained backbone.
        config: `InTurnConfig`; its `start` is a wish.
    """
    if not config.locating_steps:
        return None
    return "shipped" if config.start == "shipped" and shipped_localiser.fits(network) else "scratch"


def begin_localiser(network, config, scenes):
    """Gives neck and localiser what they begin with, and says what that is where the shipped one was asked for.

    Args:
        network, config: as of `localiser_start`.
        scenes: three maps, as of `GetNet.maps`, of pictures; a localiser from scratch begins with the backbone's own
            cosines, for which it needs their directions.
    """
    if localiser_start(network, config) == "shipped":
        shipped_localiser.load_into(network)
        say(
            "the localiser begins with the shipped one, which learned on other photos; --start scratch does without"
        )
        return
    if config.start == "shipped" and network.config.takes_reference:
        say(
            f"the shipped localiser does not fit, it is for {shipped_localiser.FITS}; this one begins from scratch"
        )
    start_neck(network.neck, *(maps[:START_MAPS] for maps in scenes))
