"""The alternating trainer (III-D): the transformer alone, then the whole network, in turn."""

import keras
import tensorflow as tf
from keras import ops

from getnet_tf.training.losses import area_loss, contrastive_loss, euclidean_distance, joined_loss

TRANSFORMER, WHOLE = "transformer", "whole"


def phase_of(step, config, has_transformer=True):
    """Which phase a step belongs to: `transformer_steps` of the one, then `whole_steps` of the other, in turn.

    Args:
        step: int, counted from 0.
        config: `TrainConfig`.
        has_transformer: False for the Siamese baseline, which is always trained whole.
    """
    if config.schedule == "end-to-end" or not has_transformer:
        return WHOLE
    return (
        TRANSFORMER
        if step % (config.transformer_steps + config.whole_steps) < config.transformer_steps
        else WHOLE
    )


def build_optimizer(steps, config, peak=None):
    """Adam with a short warm-up to `peak` and a cosine decay to 1 % over `steps` steps of its own phase."""
    steps = max(2, steps)
    warmup = min(200, max(1, steps // 10))
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup, alpha=0.01, warmup_target=peak or config.learning_rate, warmup_steps=warmup
    )
    optimizer = keras.optimizers.Adam(rate)
    return (
        keras.optimizers.LossScaleOptimizer(optimizer) if config.precision == "mixed_float16" else optimizer
    )


class PhaseTrainer(keras.Model):
    """What trainings in phases share: an optimizer and a compiled step for each phase, and a state to resume from.

    A subclass gives `phase(step)` and `train_step(batch, phase)`.

    Args:
        network: a `GetNet`. Made inside the strategy's scope, as is the trainer.
        config: `TrainConfig`.
        variables_of: dict from a phase's name to the variables that learn in it.
        tracked: dict from a phase's name to the names of the values that are logged.
        peaks: dict from a phase's name to its peak learning rate, where it is not that of `config`.
    """

    def __init__(self, network, config, variables_of, tracked, peaks=None, **kwargs):
        super().__init__(**kwargs)
        self.network, self.config = network, config
        self.step, self.seconds = 0, 0.0  # of the whole training; set them to go on from a saved state
        self.trackers = {
            phase: {name: keras.metrics.Mean(shown) for name, shown in names.items()}
            for phase, names in tracked.items()
        }
        self.variables_of = variables_of
        phases = [self.phase(step) for step in range(config.steps)]
        self.optimizers = {}
        for phase, variables in variables_of.items():
            self.optimizers[phase] = build_optimizer(phases.count(phase), config, (peaks or {}).get(phase))
            self.optimizers[phase].build(variables)
        self.compile(optimizer=next(iter(self.optimizers.values())), jit_compile=False)
        self.built = True

    @property
    def metrics(self):
        return [tracker for trackers in self.trackers.values() for tracker in trackers.values()]

    @property
    def state(self):
        """Every variable that a resumed training needs, in a fixed order."""
        optimizers = [variable for optimizer in self.optimizers.values() for variable in optimizer.variables]
        return self.network.variables + optimizers

    def track(self, phase, values):
        """Takes a step's values into the running means of its phase, and returns those: dict of () float."""
        for name, tracker in self.trackers[phase].items():
            tracker.update_state(values[name])
        return {tracker.name: tracker.result() for tracker in self.trackers[phase].values()}

    def make_train_function(self, force=False):
        """One compiled function per phase; which one runs is decided here, between the steps.

        A branch inside one compiled function would keep a replicated optimizer from combining its gradients.
        """
        if self.train_function is not None and not force:
            return self.train_function
        functions = {phase: self._compiled_step(phase) for phase in self.optimizers}

        logs = {}

        def train_function(iterator):
            if self.step % self.config.log_every == 0:
                logs.clear()
            logs.update(functions[self.phase(self.step)](iterator))
            self.step += 1
            return dict(logs)

        self.train_function = train_function
        return train_function

    def _compiled_step(self, phase):
        @tf.function(jit_compile=self.config.jit)
        def replica_step(pair):
            return self.train_step(pair, phase)

        @tf.function
        def step(iterator):
            logs = self.distribute_strategy.run(replica_step, args=(next(iterator),))
            return {
                name: self.distribute_strategy.reduce("MEAN", value, axis=None)
                for name, value in logs.items()
            }

        return step


class AlternatingTrainer(PhaseTrainer):
    """Trains a `GetNet` from pair labels; `fit` with batches of `image0`, `image1`, `label`.

    In the transformer's phase nothing of the Siamese part changes, to the bit: its weights belong to the other
    optimizer, and its BatchNorm runs in inference mode, so the moving statistics rest too. Each phase has its own
    optimizer, which does not step in the other's phase.

    Across replicas (`tf.distribute`) gradients are averaged, as if the batch were one. Plain BatchNorm is not: each
    replica normalizes with its own share of the batch, and the moving statistics are the replicas' mean.

    Args:
        network: a `GetNet`. Made inside the strategy's scope, as is the trainer.
        config: `TrainConfig`.
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


def fit(trainer, batches, last_step, callbacks, verbose):
    """Trains from the trainer's step up to `last_step`, a log interval at a time.

    Args:
        trainer: `PhaseTrainer`.
        batches: function (first step, end) -> `tf.data.Dataset`.
        last_step: where to end.
        callbacks, verbose: as of `keras.Model.fit`.
    """
    every = trainer.config.log_every
    if trainer.step < last_step:
        trainer.fit(
            batches(trainer.step, last_step),
            steps_per_epoch=every,
            initial_epoch=trainer.step // every,
            epochs=last_step // every,
            shuffle=False,  # the pairs come shuffled
            callbacks=callbacks,
            verbose=verbose,
        )
