"""getnet_tf.heads: what becomes of a map's cells, by hand, and that every head quantizes and keeps its promise on sizes."""

import keras
import numpy as np
import pytest

from getnet_tf.heads import HEADS


def pooled(name, cells):
    """A head on a map (B, h, w, C) of the given size."""
    entry = keras.layers.Input(cells.shape[1:])
    return np.asarray(keras.Model(entry, HEADS[name].pool(entry, keras))(cells))


def test_the_average_forgets_where_and_keeps_how_much():
    """Channels 0 and 1 of 2 x 3 cells: one cell of 6 in the first, every cell 2 in the second; the mean is 1 and 2."""
    cells = np.zeros((2, 2, 3, 2), np.float32)
    cells[0, 0, 0, 0] = cells[1, 1, 2, 0] = 6
    cells[..., 1] = 2
    np.testing.assert_allclose(pooled("average", cells), [[1, 2], [1, 2]])


@pytest.mark.parametrize(("name", "same"), [("average", True), ("flatten", False)])
def test_only_flatten_notices_that_two_cells_changed_places(name, same, rng):
    cells = rng.random((2, 2, 3, 5)).astype(np.float32)
    cells[1] = cells[0, :, ::-1]
    keras.utils.set_random_seed(0)
    there, back = pooled(name, cells)
    assert np.allclose(there, back, atol=1e-6) == same


def test_flatten_has_32_numbers_of_every_cell(rng):
    assert pooled("flatten", rng.random((1, 2, 3, 5)).astype(np.float32)).shape == (1, 2 * 3 * 32)


@pytest.mark.parametrize("name", HEADS)
def test_a_head_takes_maps_of_any_size_if_it_says_so(name):
    entry = keras.layers.Input((None, None, 4))
    if HEADS[name].any_size:
        vector = HEADS[name].pool(entry, keras)
        assert vector.shape[1] == 4
    else:
        assert None in HEADS[name].pool(entry, keras).shape[1:]
