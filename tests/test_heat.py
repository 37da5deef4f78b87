"""getnet_tf.localisers.heat: heat maps whose centre and spread are known by hand, and the net that draws them."""

import dataclasses
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import AFFINE_MAPS, KINDS, TINY, check_layer

from edge_demo.model.thetas import KINDS as ALL_KINDS
from getnet_tf.config import ModelConfig
from getnet_tf.localisers.heat import (
    ThetaFromHeat,
    build_localiser,
    heat_moments,
    theta_from_heat,
)

IMAGE_HW = (16, 24)  # 4 x 6 cells of 4 px; centres at x = 1.5, 5.5, ... px, y = 1.5, 5.5, 9.5, 13.5 px
COLD = -50.0


def two_hot_cells(logit0=COLD, logit1=COLD, extra=()):
    """A map (1, 4, 6, 1 + extra) with heat at row 0, column 1 and at row 2, column 4; `extra` (2, n) is read there."""
    heat_map = np.full((1, 4, 6, 1 + (len(extra[0]) if len(extra) else 0)), 9.0, np.float32)
    heat_map[..., 0] = COLD
    for (row, column), logit, numbers in zip(
        ((0, 1), (2, 4)), (logit0, logit1), extra or ((), ()), strict=True
    ):
        heat_map[0, row, column] = [logit, *numbers]
    return tf.constant(heat_map)


def norm(point_px):
    """(x, y) in pixels of the 16 x 24 image -> normalized."""
    return np.array(point_px) * 2 / (23, 15) - 1


def length_norm(length_px):
    return np.array(length_px) * 2 / (23, 15)


def test_two_equal_cells_have_their_middle_as_centre_and_half_their_distance_as_spread():
    """Cells at (5.5, 1.5) and (17.5, 9.5) px: middle (11.5, 5.5), deviation 6 and 4 px, 1e-4 added to the variance.

    The other channel is 3 and 5 where it is hot, 9 elsewhere: 4.
    """
    centre, spread, extra = heat_moments(two_hot_cells(50, 50, [(3,), (5,)]), IMAGE_HW)
    np.testing.assert_allclose(centre, [norm((11.5, 5.5))], atol=1e-5)
    np.testing.assert_allclose(spread, [np.sqrt(length_norm((6, 4)) ** 2 + 1e-4)], rtol=1e-5)
    np.testing.assert_allclose(extra, [[4]], rtol=1e-5)


def test_heat_is_a_share_of_a_sigmoid_around_two():
    """Logits 2 + ln 3 and 2 - ln 3 are sigmoids of 3/4 and 1/4: centre (8.5, 3.5) px.

    The deviation of a share p over a distance D is D sqrt(p (1 - p)): sqrt(3) / 4 of (12, 8) px. Extra: 3 * 3/4 + 5 / 4.
    """
    centre, spread, extra = heat_moments(two_hot_cells(2 + np.log(3), 2 - np.log(3), [(3,), (5,)]), IMAGE_HW)
    np.testing.assert_allclose(centre, [norm((8.5, 3.5))], atol=1e-5)
    expected = np.sqrt(length_norm(np.array([12, 8]) * 3**0.5 / 4) ** 2 + 1e-4)
    np.testing.assert_allclose(spread, [expected], rtol=1e-5)
    np.testing.assert_allclose(extra, [[3.5]], rtol=1e-5)


def test_one_hot_cell_has_the_smallest_spread():
    centre, spread, _ = heat_moments(two_hot_cells(50), IMAGE_HW)
    np.testing.assert_allclose(centre, [norm((5.5, 1.5))], atol=1e-5)
    np.testing.assert_allclose(spread, [[0.01, 0.01]], rtol=1e-2)


def test_even_heat_is_centred_and_as_wide_as_the_image():
    """n cells of 4 px have the variance 16 (n^2 - 1) / 12: 15 cells over 60 px 17.28 px, of 29.5 px: 0.5859.

    With the initial gain of 1.5 the first target area is 0.879 of the image's extent, in the middle.
    """
    heat_map = tf.zeros((2, 15, 15, 1))
    centre, spread, extra = heat_moments(heat_map, (60, 60))
    np.testing.assert_allclose(centre, np.zeros((2, 2)), atol=1e-5)
    np.testing.assert_allclose(spread, np.full((2, 2), 0.5859), atol=1e-4)
    assert extra.shape == (2, 0)
    theta = ThetaFromHeat("box", (60, 60))(heat_map)
    np.testing.assert_allclose(theta, [[0.879, 0.879, 0, 0]] * 2, atol=1e-3)


def test_the_numbers_of_every_kind_are_in_their_place():
    """Centre c, spread s, extra e = (0.1, 0.2, 0.3, 0.4), gain 2; see `edge_demo.model.thetas`."""
    heat_map = two_hot_cells(50, 50, [(0.1, 0.2, 0.3, 0.4)] * 2)
    (cx, cy), (sx, sy) = norm((11.5, 5.5)), np.sqrt(length_norm((6, 4)) ** 2 + 1e-4)
    mean = 2 * np.sqrt((sx**2 + sy**2) / 2)
    expected = {
        "translation": [cx, cy],
        "attention": [mean, cx, cy],
        "box": [2 * sx, 2 * sy, cx, cy],
        "similarity": [mean, 0.1, cx, cy],
        "affine": [2 * sx * 1.1, 2 * sx * 0.2, cx, 2 * sy * 0.3, 2 * sy * 1.4, cy],
    }
    for kind, numbers in expected.items():
        theta = theta_from_heat(heat_map[..., : 1 + ALL_KINDS[kind].extra], 2.0, kind, IMAGE_HW)
        np.testing.assert_allclose(theta, [numbers], atol=1e-5, err_msg=kind)


@pytest.mark.parametrize("kind", AFFINE_MAPS)
def test_the_theta_layer_keeps_the_contract(kind, rng, tmp_path):
    heat_map = rng.normal(0, 2, (3, 4, 6, 1 + ALL_KINDS[kind].extra)).astype(np.float32)
    # The gain is one number; of a translation, which has no scale, it is there and rests.
    check_layer(lambda: ThetaFromHeat(kind, IMAGE_HW), [heat_map], (3, KINDS[kind]), 1, tmp_path)


@pytest.mark.parametrize("kind", AFFINE_MAPS)
def test_the_map_has_a_cell_for_four_pixels_and_a_channel_for_every_missing_number(kind):
    localiser = build_localiser(dataclasses.replace(TINY, theta_kind=kind))
    channels = {"translation": 1, "attention": 1, "box": 1, "similarity": 2, "affine": 5}[kind]
    assert localiser(np.zeros((2, *TINY.image_hw, 1))).shape == (2, 4, 6, channels)


def following(image_hw, symmetric):
    """A localiser whose heat is where the image is bright, and only there. `symmetric`: kernels that equal their mirror."""
    keras.utils.set_random_seed(0)
    localiser = build_localiser(ModelConfig(image_hw=image_hw))
    for layer in localiser.layers:
        if symmetric and hasattr(layer, "kernel"):
            layer.kernel.assign(np.full(layer.kernel.shape, 1 / np.prod(layer.kernel.shape[:3])))
    heat = localiser.get_layer("heat")
    heat.kernel.assign(np.full(heat.kernel.shape, 2000.0))
    heat.bias.assign([-18.0])
    return lambda image: heat_moments(localiser(image), image_hw)


@pytest.mark.parametrize("image_hw", [(48, 60), (46, 61)])
def test_the_centre_moves_with_the_object(image_hw, rng):
    """By 8 px in x and 4 px in y, whole cells of the map, in the interior: to rounding. The spread stays."""
    follow, object_ = following(image_hw, symmetric=False), rng.random((6, 5, 1), np.float32)
    images = np.zeros((2, *image_hw, 1), np.float32)
    images[0, 18:24, 20:25], images[1, 22:28, 28:33] = object_, object_
    centre, spread, _ = follow(images)
    moved_px = (centre[1] - centre[0]).numpy() * (image_hw[1] - 1, image_hw[0] - 1) / 2
    np.testing.assert_allclose(moved_px, [8, 4], atol=1e-3)
    np.testing.assert_allclose(spread[0], spread[1], atol=1e-5)


def test_a_mirrored_image_has_a_mirrored_centre(rng):
    """With mirror-symmetric kernels nothing prefers a side, so the map's coordinates must not either."""
    image = np.zeros((1, 48, 60, 1), np.float32)
    image[0, 18:24, 20:25] = rng.random((6, 5, 1), np.float32)
    follow = following((48, 60), symmetric=True)
    centre, mirrored = follow(image)[0].numpy(), follow(image[:, ::-1, ::-1])[0].numpy()
    off_px = (centre + mirrored) / 2 * (59 / 2, 47 / 2)
    np.testing.assert_allclose(off_px, [[0, 0]], atol=0.01, err_msg="centres are off by so many pixels")


def test_every_layer_is_one_that_quantization_accepts():
    """Flat, no nested model, only these layers, every BatchNormalization behind a convolution."""
    layers = build_localiser(TINY).layers
    names = [type(layer).__name__ for layer in layers]
    assert set(names) <= {"InputLayer", "Conv2D", "BatchNormalization", "ReLU"}
    for before, name in itertools.pairwise(names):
        assert name != "BatchNormalization" or before == "Conv2D"


def test_tf_keras_builds_the_same_network(tf_keras_differences):
    assert tf_keras_differences["localiser"] < 1e-5
