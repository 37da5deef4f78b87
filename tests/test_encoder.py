"""getnet_tf.backbones.encoder: a target area in, a feature vector out."""

import dataclasses
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import TINY, shake

from getnet_tf.backbones.encoder import build_encoder, unit_length
from getnet_tf.config import ModelConfig


def test_unit_length_keeps_the_direction():
    """(3, 4) has length 5; nothing has none and stays nothing; a short vector is no special case."""
    result = unit_length(tf.constant([[3.0, 4.0], [0.0, 0.0], [0.0, -1e-2]]))
    np.testing.assert_allclose(result, [[0.6, 0.8], [0, 0], [0, -1]], atol=1e-6)


def test_unit_length_has_a_finite_gradient_at_nothing():
    features = tf.zeros((1, 3))
    with tf.GradientTape() as tape:
        tape.watch(features)
        result = unit_length(features)
    assert np.isfinite(tape.gradient(result, features)).all()


@pytest.mark.parametrize(("localiser", "hw"), [("salient", (8, 12)), ("none", (16, 24))])
def test_the_encoder_sees_the_target_area_or_without_a_localiser_the_image(localiser, hw):
    encoder = build_encoder(dataclasses.replace(TINY, localiser=localiser, channels=3))
    assert encoder.input_shape == (None, *hw, 3)
    assert encoder(np.zeros((2, *hw, 3))).shape == (2, 5)


def test_features_of_an_item_do_not_depend_on_the_batch(rng):
    encoder = build_encoder(TINY)
    shake(encoder.variables)
    areas = rng.random((4, *TINY.crop_hw, 1), np.float32)
    features = encoder(areas)
    assert np.std(features, axis=0).min() > 1e-4
    np.testing.assert_allclose(encoder(areas[2:3]), features[2:3], rtol=1e-4, atol=1e-5)


def test_every_layer_is_one_that_quantization_accepts():
    """Flat, no nested model, only these layers, every BatchNormalization behind a convolution."""
    names = [type(layer).__name__ for layer in build_encoder(TINY).layers]
    assert set(names) <= {
        "InputLayer",
        "Conv2D",
        "BatchNormalization",
        "ReLU",
        "Flatten",
        "Dense",
    }
    for before, name in itertools.pairwise(names):
        assert name != "BatchNormalization" or before == "Conv2D"


@pytest.mark.parametrize(("head", "moves"), [("flatten", True), ("average", False)])
def test_only_the_averaging_head_forgets_where_things_are(head, moves, rng):
    """A patch far from every border, moved by the total stride of 4, moves the last map by a cell and nothing else."""
    keras.utils.set_random_seed(0)  # of the weights depends how much rounding is left of nothing
    encoder = build_encoder(ModelConfig(localiser="none", head=head))
    shake(encoder.variables)
    images = np.zeros((2, 60, 60, 1), np.float32)
    patch = rng.random((6, 6, 1))
    images[0, 24:30, 24:30] = patch
    images[1, 24:30, 28:34] = patch
    here, there = np.asarray(encoder(images))
    difference = np.abs(here - there).max() / np.abs(here).max()
    assert (difference > 1e-2) if moves else (difference < 1e-4)


def test_tf_keras_builds_the_same_network(tf_keras_differences):
    assert tf_keras_differences["encoder"] < 1e-5
