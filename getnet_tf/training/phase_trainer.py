"""What trainings in phases share: an optimizer and a compiled step for each phase, and how a run of steps goes on."""

import keras
import tensorflow as tf


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
        config: `AlternationConfig` or `InTurnConfig`.
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
        # No step decides anything by a tensor, so AutoGraph would only make the start of a training longer.
        @tf.function(autograph=False, jit_compile=self.config.jit)
        def replica_step(pair):
            return self.train_step(pair, phase)

        @tf.function(autograph=False)
        def step(iterator):
            logs = self.distribute_strategy.run(replica_step, args=(next(iterator),))
            return {
                name: self.distribute_strategy.reduce("MEAN", value, axis=None)
                for name, value in logs.items()
            }

        return step


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
