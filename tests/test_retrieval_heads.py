"""Each head on a map small enough to do in one's head; one definition for NumPy and for Keras."""

import keras
import numpy as np
import pytest
from checks import check_layer
from keras import ops

from getnet_tf.retrieval.heads import HEADS
from getnet_tf.retrieval.heads.spoc import centre_weights
from getnet_tf.retrieval.layers import Pooling
from getnet_tf.retrieval.unit import unit

# One row of two cells with two channels each.
ROW = np.array([[[[1.0, 0.0], [3.0, 4.0]]]], np.float32)


def test_a_vector_gets_length_1_and_zero_stays_zero():
    assert np.allclose(unit(np.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0, 0]])


def test_mac_takes_the_largest_of_each_channel():
    assert HEADS["mac"](ROW).tolist() == [[[3, 4]]]


def test_gem_is_the_cube_root_of_the_mean_cube():
    """Cubes 1, 27 and 0, 64: means 14 and 32, roots 2.410142 and 3.174802."""
    assert np.allclose(HEADS["gem"](ROW), [[[2.410142, 3.174802]]])


def test_gem_of_power_1_is_the_average():
    assert np.allclose(HEADS["gem"](ROW, power=1.0), [[[2, 2]]])


def test_spoc_counts_the_middle_of_three_cells_fully():
    """3 x 3: the border is 1.5 cells away, the deviation 0.5; a neighbour is 1 away: exp(-1 / 0.5) = 0.135335, and a corner, at
    the root of 2, has exp(-4) = 0.018316."""
    expected = [
        [0.018316, 0.135335, 0.018316],
        [0.135335, 1, 0.135335],
        [0.018316, 0.135335, 0.018316],
    ]
    assert np.allclose(centre_weights((3, 3)), expected, atol=1e-6)
    maps = np.zeros((1, 3, 3, 1), np.float32)
    maps[0, 1, 1], maps[0, 0, 1] = 2, 10
    assert np.allclose(HEADS["spoc"](maps), 2 + 10 * 0.135335, atol=1e-5)


def test_crow_weighs_cells_by_the_root_of_their_sum_and_channels_by_how_rarely_they_answer():
    """S = 1, 7, its length the root of 50 = 7.071068; weights root(1 / 7.071068) = 0.376060 and root(7 / 7.071068) = 0.994962.
    Sums 0.376060 + 3 * 0.994962 = 3.360946 and 4 * 0.994962 = 3.979848. Shares 1 and 1/2, together 1.5: log 1.5 = 0.405465 and
    log 3 = 1.098612. So 1.362746 and 4.372310."""
    assert np.allclose(HEADS["crow"](ROW), [[[1.362746, 4.372310]]], atol=1e-4)


def test_crow_of_nothing_is_zero():
    assert HEADS["crow"](np.zeros((1, 2, 2, 3), np.float32)).tolist() == [[[0, 0, 0]]]


def test_rmac_has_the_maxima_of_the_whole_of_quarters_and_of_ninths():
    """6 x 6 cells in reading order 0..35: squares of 6, 4 and 3 cells, which begin at 0, at 0 and 2, and at 0, 1 and 3 (3 cells
    of room, halved down); each one's largest cell is its last."""
    maps = np.arange(36, dtype=np.float32).reshape(1, 6, 6, 1)
    last = [35, 21, 23, 33, 35]
    last += [6 * (y + 2) + x + 2 for y in (0, 1, 3) for x in (0, 1, 3)]
    assert HEADS["rmac"](maps)[0, :, 0].tolist() == last


@pytest.mark.parametrize("name", HEADS)
def test_a_head_computes_in_keras_what_it_computes_in_numpy(name, rng):
    maps = np.maximum(rng.normal(size=(2, 6, 7, 5)), 0).astype(np.float32)
    found = HEADS[name](ops.convert_to_tensor(maps), ops)
    assert np.allclose(keras.ops.convert_to_numpy(found), HEADS[name](maps), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", HEADS)
def test_an_empty_map_gives_no_nan(name):
    assert np.isfinite(HEADS[name](np.zeros((1, 5, 5, 3), np.float32))).all()


def test_the_power_of_gem_is_learned():
    layer = Pooling("gem")
    layer(ROW)
    assert [float(weight.numpy()) for weight in layer.trainable_weights] == [3.0]
    assert not Pooling("mac").trainable_weights


def test_an_unknown_head_is_refused():
    with pytest.raises(ValueError, match="head='max'"):
        Pooling("max")


@pytest.mark.parametrize("name", HEADS)
def test_the_layer_of_a_head_keeps_the_contract(name, rng, tmp_path):
    maps = rng.uniform(0.5, 2, (2, 4, 4, 3)).astype(np.float32)
    parts = 14 if name == "rmac" else 1
    check_layer(lambda: Pooling(name), [maps], (2, parts, 3), int(name == "gem"), tmp_path)
