"""Whitening, by hand on points of a cross."""

import numpy as np
import pytest

from getnet_tf.retrieval.recipe import joined
from getnet_tf.retrieval.whitening import Whitening, fitted

# Round (1, 2): along x by 3, along y by 1. Variances 18 / 3 = 6 and 2 / 3.
CROSS = np.array([[4.0, 2], [-2, 2], [1, 3], [1, 1]])


@pytest.mark.parametrize(("power", "along_x"), [(1, 3 / 6**0.5), (0.5, 3 / 6**0.25), (0, 3)])
def test_a_direction_is_divided_by_a_power_of_its_deviation(power, along_x):
    """The deviation along x is the root of 6 and the arm 3 long."""
    whitening = fitted(CROSS, 2, power)
    assert np.allclose(whitening.mean, [1, 2])
    along = (CROSS - whitening.mean) @ whitening.projection
    assert np.allclose(np.abs(along[0]), [along_x, 0], atol=1e-6)


def test_the_directions_that_vary_most_are_kept():
    assert np.allclose(np.abs(fitted(CROSS, 1, 0).projection), [[1], [0]])


def test_of_few_vectors_there_are_as_many_directions():
    assert fitted(CROSS, 128).projection.shape == (2, 2)
    with pytest.raises(ValueError, match="Received: 1"):
        fitted(CROSS[:1])


def test_parts_are_whitened_each_then_summed():
    """(3, 4) and (0, 2) have the directions (0.6, 0.8) and (0, 1). Shifted by (0, 0.8) and doubled in y they are (0.6, 0) and (0, 0.4):
    at length 1 (1, 0) and (0, 1), the sum at length 1 (0.7071, 0.7071)."""
    whitening = Whitening(np.array([0, 0.8], np.float32), np.diag([1.0, 2.0]).astype(np.float32))
    parts = np.array([[[3.0, 4], [0, 2]]])
    assert np.allclose(joined(parts, whitening), [[0.5**0.5, 0.5**0.5]])


def test_without_a_whitening_parts_are_summed_at_length_1():
    """(0.6, 0.8) + (0, 1) = (0.6, 1.8), of length 1.897367."""
    assert np.allclose(joined(np.array([[[3.0, 4], [0, 2]]])), [[0.316228, 0.948683]], atol=1e-6)


def test_many_numbers_have_the_components_that_few_have():
    """The cross again, its numbers followed by zeros: beyond the size that is taken apart exactly, the arms are as long."""
    wide = np.zeros((4, 4000))
    wide[:, :2] = CROSS
    along = (wide - wide.mean(axis=0)) @ fitted(wide, 2, 0).projection
    assert np.allclose(np.abs(along[0]), [3, 0], atol=1e-4)
