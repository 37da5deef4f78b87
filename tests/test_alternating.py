"""getnet_tf.training.alternating: two phases that leave alone what is not theirs, on one device and on several."""

import dataclasses
import itertools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import TINY, bit_equal, random_pairs, run_python, values_of

from getnet_tf.config import AlternationConfig
from getnet_tf.model import GetNet
from getnet_tf.training.alternating import AlternatingTrainer, phase_of

BATCH = 4
SHORT = AlternationConfig(
    pairs=BATCH * 6, batch=BATCH, learning_rate=2e-3, transformer_steps=2, whole_steps=2, log_every=1
)
T, W = "transformer", "whole"


def trainer_of(config=SHORT, batchnorm_training=True, **settings):
    keras.utils.set_random_seed(0)
    return AlternatingTrainer(GetNet(dataclasses.replace(TINY, **settings)), config, batchnorm_training)


def dataset(config, model_config=TINY):
    return tf.data.Dataset.from_tensor_slices(random_pairs(config.batch * config.steps, model_config)).batch(
        config.batch
    )


def fit(trainer, *callbacks):
    every = trainer.config.log_every
    return trainer.fit(
        dataset(trainer.config, trainer.network.config),
        steps_per_epoch=every,
        epochs=trainer.config.steps // every,
        shuffle=False,
        callbacks=list(callbacks),
        verbose=0,
    )


class Snapshots(keras.callbacks.Callback):
    """Copies of every variable after every step; number 0 is before the first."""

    def take(self):
        trainer = self.model
        groups = {
            "siamese": trainer.network.siamese_variables,
            "encoder statistics": trainer.network.encoder.non_trainable_variables,
            "transformer": trainer.network.transformer_variables,
            **{f"{phase} optimizer": optimizer.variables for phase, optimizer in trainer.optimizers.items()},
        }
        self.taken.append({name: values_of(variables) for name, variables in groups.items()})

    def on_train_begin(self, logs=None):
        self.taken = []
        self.take()

    def on_train_batch_end(self, batch, logs=None):
        self.take()

    def moved(self, name):
        """For each step whether the group's variables changed in it."""
        return [not bit_equal(a[name], b[name]) for a, b in itertools.pairwise(self.taken)]


@pytest.fixture(scope="module")
def alternation():
    """Six steps, two of each phase in turn, with the joined decision: (snapshots, history)."""
    snapshots = Snapshots()
    history = fit(trainer_of(decision="joined"), snapshots)
    return snapshots, history.history


def test_the_transformers_phase_leaves_the_siamese_part_and_its_optimizer_to_the_bit(alternation):
    """Weights, moving statistics and the joined head; and moments, iterations and rate of the other optimizer."""
    snapshots, _ = alternation
    assert (
        snapshots.moved("siamese")
        == snapshots.moved("whole optimizer")
        == [False, False, True, True, False, False]
    )
    assert snapshots.moved("encoder statistics") == [False, False, True, True, False, False]


def test_the_whole_phase_leaves_the_transformers_optimizer(alternation):
    snapshots, _ = alternation
    assert snapshots.moved("transformer optimizer") == [True, True, False, False, True, True]


def test_both_phases_move_the_transformer(alternation):
    """But for the first step of each optimizer, whose warm-up begins at a rate of 0."""
    assert alternation[0].moved("transformer") == [False, True, False, True, True, True]


def test_every_interval_logs_its_own_phase_only(alternation):
    """With intervals of one step: the last interval of the log is a transformer's."""
    _, history = alternation
    assert {name: len(values) for name, values in history.items()} == {
        "transformer_loss": 4, "loss": 2, "accuracy": 2, "area": 2,
    }  # fmt: skip
    assert np.isfinite([v for values in history.values() for v in values]).all()


@pytest.mark.parametrize("settings", [{"localiser": "none"}, {}], ids=["siamese", "end to end"])
def test_without_alternation_there_is_one_optimizer_for_everything(settings):
    trainer = trainer_of(
        dataclasses.replace(SHORT, schedule="end-to-end" if not settings else "alternate"), **settings
    )
    assert list(trainer.optimizers) == [W]
    assert [trainer.phase(step) for step in range(6)] == [W] * 6
    before = values_of(trainer.network.trainable_variables)
    history = fit(trainer).history
    assert set(history) == ({"loss", "accuracy", "area"} if not settings else {"loss", "accuracy"})
    assert trainer.step == 6
    for old, variable in zip(before, trainer.network.trainable_variables, strict=True):
        assert not bit_equal([old], values_of([variable])), variable.path


def test_the_phases_by_hand():
    config = AlternationConfig(transformer_steps=2, whole_steps=3)
    assert [phase_of(step, config) for step in range(12)] == [T, T, W, W, W, T, T, W, W, W, T, T]
    assert [phase_of(step, config, has_transformer=False) for step in range(4)] == [W] * 4
    end_to_end = dataclasses.replace(config, schedule="end-to-end")
    assert [phase_of(step, end_to_end) for step in range(4)] == [W] * 4


def test_each_optimizer_decays_over_the_steps_of_its_own_phase():
    """120 steps, 10 + 30 in turn: 30 and 90 of them; warm-ups of 3 and 9."""
    config = dataclasses.replace(SHORT, pairs=BATCH * 120, transformer_steps=10, whole_steps=30, log_every=40)
    trainer = trainer_of(config)
    for phase, steps in ((T, 30), (W, 90)):
        rate = trainer.optimizers[phase]._learning_rate
        assert float(rate(steps // 10)) == pytest.approx(2e-3)
        assert float(rate(steps)) == pytest.approx(2e-5)
        assert float(rate(steps - 3)) > 2.1e-5


RESULT = {
    "embedding0": tf.constant([[1.0, 0.0], [0.6, 0.8]]),
    "embedding1": tf.constant([[0.8, 0.6], [0.6, 0.8]]),  # distances sqrt(0.04 + 0.36) and 0 (1e-6)
}
LABEL = tf.constant([1.0, 0.0])


def test_the_loss_of_distances_by_hand():
    """Distances 0.2 (same) and 0.4 (different), margin 1: (0.04 + 0.36) / 4 = 0.1. Half the margin, 0.5, decides: one
    right of two. Target areas: twice the whole image and twice a quarter: 0.625 on average, weighed 0.12.
    """
    trainer = trainer_of(dataclasses.replace(SHORT, area_weight=0.12))
    theta = tf.constant([[1.0, 1, 0, 0], [0.5 - 0.5 / 23, 0.5 - 0.5 / 15, 0, 0]])  # 12 x 8 of 24 x 16 px
    result = {**RESULT, "distance": tf.constant([0.2, 0.4]), "theta0": theta, "theta1": theta}
    values = trainer.pair_losses(result, LABEL)
    np.testing.assert_allclose(values["area"], 0.625, rtol=1e-5)
    np.testing.assert_allclose(values["loss"], 0.1 + 0.12 * 0.625, rtol=1e-5)
    np.testing.assert_allclose(values["accuracy"], 0.5)
    halved = trainer.pair_losses(result, LABEL, prior=0.5)
    np.testing.assert_allclose(halved["loss"], 0.1 + 0.06 * 0.625, rtol=1e-5)


def test_the_scale_prior_follows_the_learning_rate_by_hand():
    """Six steps: a warm-up of one from 0 to the peak, then a cosine to 1 %. Shares of the peak at steps 0 to 3: 0, 1,
    0.01 + 0.99 (1 + cos 36 deg) / 2 = 0.90546, 0.01 + 0.99 (1 + cos 72 deg) / 2 = 0.65796.
    """
    config = dataclasses.replace(SHORT, schedule="end-to-end", area_weight=0.5)
    trainer = trainer_of(config, batchnorm_training=False)
    pair = {name: tf.constant(values) for name, values in random_pairs(BATCH, TINY).items()}
    for share in (0, 1, 0.90546, 0.65796):
        free = trainer.pair_losses(trainer.network(pair), pair["label"], prior=0.0)
        trainer.reset_metrics()
        logs = trainer.train_step(pair, W)
        np.testing.assert_allclose(logs["area"], free["area"], rtol=1e-4)
        assert free["area"] > 0.3
        np.testing.assert_allclose(logs["loss"] - free["loss"], 0.5 * share * free["area"], atol=2e-5)


def test_the_loss_of_the_joined_decision_by_hand():
    """Eq. 8 on the embeddings: (0.4 + 1) / 4 = 0.35. Logits ln 3 for the same pair: ln(4/3), and -ln 3 for the
    different one: ln(4/3); both right.
    """
    trainer = trainer_of(decision="joined", localiser="none")
    values = trainer.pair_losses(
        {**RESULT, "logit": tf.constant([np.log(3.0), -np.log(3.0)], tf.float32)}, LABEL
    )
    assert set(values) == {"loss", "accuracy"}
    np.testing.assert_allclose(values["loss"], 0.35 + np.log(4 / 3), rtol=1e-5)
    np.testing.assert_allclose(values["accuracy"], 1)


def test_resting_batchnorm_keeps_all_statistics_in_both_phases():
    trainer = trainer_of(batchnorm_training=False)
    statistics = values_of(trainer.network.non_trainable_variables)
    pair = {name: tf.constant(values) for name, values in random_pairs(BATCH, TINY).items()}
    for phase in (T, W):
        trainer.train_step(pair, phase)
    assert bit_equal(values_of(trainer.network.non_trainable_variables), statistics)


def test_the_state_holds_every_variable_that_a_step_changes():
    trainer = trainer_of()
    before = {id(v): values_of([v]) for v in [*trainer.variables, *trainer.network.variables]}
    pair = {name: tf.constant(values) for name, values in random_pairs(BATCH, TINY).items()}
    for phase in (T, W, T, W):
        trainer.train_step(pair, phase)
    kept = {id(v) for v in trainer.state} | {id(v) for metric in trainer.metrics for v in metric.variables}
    changed = [v for v in trainer.variables if not bit_equal(values_of([v]), before[id(v)])]
    assert len(changed) > 50
    assert [v.path for v in changed if id(v) not in kept] == []


@pytest.mark.slow
def test_a_step_compiled_with_xla_does_what_the_plain_one_does():
    """An optimizer's first step has a rate of 0, so its moments are compared: they are a tenth of the gradients.

    64 pairs, for BatchNorm over a few pictures of noise makes much of a rounding.
    """
    config = dataclasses.replace(SHORT, pairs=64, batch=64, schedule="end-to-end")
    (plain_log, plain), (log, moments) = (
        (fit(trainer).history, values_of(trainer.optimizers[W]._momentums))
        for trainer in (trainer_of(dataclasses.replace(config, jit=jit)) for jit in (False, True))
    )
    for name, values in plain_log.items():
        np.testing.assert_allclose(log[name], values, rtol=1e-4)
    for one, other in zip(plain, moments, strict=True):
        assert np.linalg.norm(other - one) < 0.01 * np.linalg.norm(one)
    assert max(np.abs(one).max() for one in plain) > 1e-3


@pytest.mark.parametrize(
    ("precision", "kind"),
    [
        ("mixed_bfloat16", "box"),
        ("mixed_bfloat16", "affine"),
        ("mixed_float16", "box"),
        ("mixed_float16", "translation"),
    ],
)
def test_steps_in_mixed_precision_stay_finite_and_close(precision, kind, policy):
    """Weights stay float32; the loss is the float32 one to the precision of the format.

    Several steps, because the first gradients may overflow float16: its loss scale comes down before weights move.
    """
    pair = {name: tf.constant(values) for name, values in random_pairs(BATCH, TINY).items()}
    config = dataclasses.replace(SHORT, precision=precision)
    exact = trainer_of(theta_kind=kind).train_step(pair, W)
    policy(precision)
    trainer = trainer_of(config, theta_kind=kind)
    before = values_of(trainer.network.trainable_variables)
    first = trainer.train_step(pair, W)
    np.testing.assert_allclose(first["loss"], exact["loss"], rtol=0.05)
    for phase in (T, W, T, W, T, W, T, W):
        logs = trainer.train_step(pair, phase)
        assert np.isfinite([float(value) for value in logs.values()]).all()
    assert all(v.dtype == "float32" and np.isfinite(v.numpy()).all() for v in trainer.network.variables)
    assert not bit_equal(values_of(trainer.network.trainable_variables), before)
    assert trainer.network(pair)["theta0"].dtype == tf.float32


TWO_DEVICES = """
    import dataclasses, json, sys
    import numpy as np, tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    import keras, checks
    from getnet_tf.config import AlternationConfig
    from getnet_tf.model import GetNet
    from getnet_tf.training.alternating import AlternatingTrainer

    config = AlternationConfig(pairs=32, batch=8, learning_rate=2e-3, transformer_steps=2, whole_steps=2, log_every=2)
    pairs = checks.random_pairs(32, checks.TINY)
    results = []
    for strategy in (tf.distribute.get_strategy(), tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])):
        keras.utils.set_random_seed(0)
        with strategy.scope():
            trainer = AlternatingTrainer(GetNet(checks.TINY), config, batchnorm_training=False)
        start = checks.values_of(trainer.network.variables)
        dataset = tf.data.Dataset.from_tensor_slices(pairs).batch(8)
        history = trainer.fit(dataset, steps_per_epoch=2, epochs=2, shuffle=False, verbose=0).history
        moments = [v for optimizer in trainer.optimizers.values() for v in checks.values_of(optimizer._momentums)]
        results.append((start, checks.values_of(trainer.network.variables), moments, history))
    (start, one, moments1, history1), (start2, two, moments2, history2) = results
    flat = lambda values: np.concatenate([v.ravel() for v in values])
    print(json.dumps({
        "replicas": strategy.num_replicas_in_sync,
        "same start": checks.bit_equal(start, start2),
        "moved": float(np.abs(flat(one) - flat(start)).max()),
        "apart": float(np.abs(flat(one) - flat(two)).max()),
        "moments apart": float(np.abs(flat(moments1) - flat(moments2)).max() / np.abs(flat(moments1)).max()),
        "history": [history1, history2],
    }))
"""


@pytest.mark.slow
def test_two_replicas_train_the_network_that_one_trains():
    """Four steps over both phases. The moments show the scale of the gradient, which Adam's step hides."""
    result = json.loads(run_python(TWO_DEVICES).splitlines()[-1])
    assert result["replicas"] == 2 and result["same start"]
    assert result["moved"] > 1e-3
    assert result["apart"] < 1e-5
    assert result["moments apart"] < 1e-3
    one, two = result["history"]
    assert set(one) == set(two) == {"transformer_loss", "loss", "accuracy", "area"}
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, rtol=1e-4)
