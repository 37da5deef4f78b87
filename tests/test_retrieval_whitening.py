"""Whitening: by hand on points of a cross, and as a file."""

import numpy as np
import pytest

from getnet_tf.errors import InputError
from getnet_tf.retrieval.whitening import Whitening, fitted, joined

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


def test_a_file_gives_back_what_was_saved(tmp_path):
    whitening = fitted(CROSS, 2)
    whitening.save(tmp_path / "white.npz")
    again = Whitening.load(tmp_path / "white.npz")
    assert again.fingerprint == whitening.fingerprint
    assert fitted(CROSS, 1).fingerprint != whitening.fingerprint


@pytest.mark.parametrize("content", [b"", b"no numbers at all"])
def test_another_file_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "white.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match="expected a whitening"):
        Whitening.load(path)
    with pytest.raises(InputError, match="found no such file"):
        Whitening.load(tmp_path / "none.npz")


def test_a_projection_that_does_not_fit_its_mean_is_refused(tmp_path):
    np.savez(tmp_path / "white.npz", mean=np.zeros(3), projection=np.zeros((2, 2)))
    with pytest.raises(InputError, match=r"received \(3,\) and \(2, 2\)"):
        Whitening.load(tmp_path / "white.npz")
