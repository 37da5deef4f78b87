"""getnet_tf.backbones.batch_norm: the fused kernel gives what Keras's own layer gives."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from getnet_tf.backbones.batch_norm import BatchNormalization


def twins(rng, channels=3):
    """Keras's layer and ours with the same odd weights."""
    layers = [keras.layers.BatchNormalization(momentum=0.9), BatchNormalization(momentum=0.9)]
    weights = [rng.uniform(0.5, 2.0, channels).astype("float32") for _ in range(4)]
    for layer in layers:
        layer.build((None, 5, 7, channels))
        layer.set_weights(weights)
    return layers


def test_outputs_gradients_and_moving_statistics_are_keras_own(rng):
    image = tf.constant(rng.normal(1.5, 2.0, (4, 5, 7, 3)), tf.float32)
    weight = tf.constant(rng.normal(size=(4, 5, 7, 3)), tf.float32)
    results = []
    for layer in twins(rng):
        with tf.GradientTape() as tape:
            tape.watch(image)
            loss = tf.reduce_sum(layer(image, training=True) * weight)
        gradients = tape.gradient(loss, [image, *[v.value for v in layer.trainable_variables]])
        results.append([layer(image, training=True), *gradients, *[v.numpy() for v in layer.variables]])
    for theirs, ours in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", ["inference", "frozen"])
def test_statistics_rest_in_inference_and_when_frozen(rng, case):
    theirs, ours = twins(rng)
    image = rng.normal(size=(4, 5, 7, 3)).astype("float32")
    for layer in (theirs, ours):
        layer.trainable = case != "frozen"
    before = [v.numpy() for v in ours.variables]
    np.testing.assert_array_equal(
        ours(image, training=case == "frozen"), theirs(image, training=case == "frozen")
    )
    for value, variable in zip(before, ours.variables, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_other_dtypes_take_keras_way(rng):
    layer = BatchNormalization(dtype="float64")
    image = rng.normal(3.0, 2.0, (6, 2, 2, 1))
    result = np.asarray(layer(image, training=True))
    assert result.dtype == np.float64
    assert abs(result.mean()) < 1e-9
