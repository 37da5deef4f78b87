"""VLAD, MOP-CNN and NetVLAD on a handful of cells."""

import numpy as np
import pytest
from keras import ops

from getnet_tf.retrieval.codes.codebook import codebook
from getnet_tf.retrieval.codes.mop import mop, pooled, windows
from getnet_tf.retrieval.codes.vlad import vlad
from getnet_tf.retrieval.heads.netvlad import netvlad
from getnet_tf.retrieval.layers import NetVLAD

CENTRES = np.array([[0.0, 0], [10, 0]])


def test_vlad_sums_how_cells_lie_round_their_nearest_centre():
    """Round (0, 0): (3, 0) + (0, 4) = (3, 4), at length 1 (0.6, 0.8). Round (10, 0): (10, -2) - (10, 0) = (0, -2), at length 1
    (0, -1). Signed roots 0.774597, 0.894427, 0, -1; 0.6 + 0.8 + 1 = 2.4, so over the root of 2.4: 0.5, 0.577350, 0, -0.645497."""
    found = vlad(np.array([[3.0, 0], [0, 4], [10, -2]]), CENTRES)
    assert np.allclose(found, [0.5, 0.577350, 0, -0.645497], atol=1e-6)


def test_a_centre_without_cells_has_zeros():
    assert np.allclose(vlad(np.array([[0.0, 1]]), CENTRES), [0, 1, 0, 0])


def test_windows_of_a_half_and_a_quarter_begin_every_eighth():
    """Of 8 cells: windows of 4 begin at 0..4, of 2 at 0..6."""
    assert len(windows((8, 8), 0.5)) == 25
    assert len(windows((8, 8), 0.25)) == 49
    assert windows((8, 8), 0.5)[1] == (1, 0, 5, 4)


def test_mop_joins_the_whole_with_vlad_of_both_smaller_scales():
    """One channel that is 3 everywhere: every window's mean is 3. Whole: 1. Round the centres 1 and 5 (3 is as far from both, and
    goes to the first): the blocks 1 and 0. So (1, 1, 0) of the first codebook; of 5 alone, -1. At length root 3."""
    maps = np.full((8, 8, 1), 3.0)
    assert pooled(maps, 0.5).tolist() == [[3]] * 25
    found = mop(maps, [np.array([[1.0], [5.0]]), np.array([[5.0]])])
    assert np.allclose(found, np.array([1, 1, 0, -1]) / 3**0.5)


def test_netvlad_with_even_shares_gives_every_centre_half_of_every_cell():
    """w = 0, so a = 1/2. Cells (3, 4) and (0, 2) at length 1: (0.6, 0.8), (0, 1). Round (0, 0): (0.3, 0.9), at length 1 (0.316228,
    0.948683). Round (1, 1): (0.3, 0.9) - (1, 1) = (-0.7, -0.1), at length 1 (-0.989949, -0.141421). All at length 1: over root 2."""
    maps = np.array([[[[3.0, 4], [0, 2]]]])
    centres = np.array([[0.0, 0], [1, 1]])
    found = netvlad(maps, kernel=np.zeros((2, 2)), bias=np.zeros(2), centres=centres)
    expected = np.array([[[0.316228, 0.948683, -0.989949, -0.141421]]]) / 2**0.5
    assert found.shape == (1, 1, 4) and np.allclose(found, expected, atol=1e-6)


def test_netvlad_begins_as_vlad_of_its_centres(rng):
    """Assigned sharply, a soft assignment is a hard one; VLAD's signed root undone, block by block, the two are equal."""
    maps = np.abs(rng.normal(size=(1, 3, 4, 5))).astype(np.float32)
    cells = maps.reshape(-1, 5) / np.linalg.norm(maps.reshape(-1, 5), axis=-1, keepdims=True)
    centres = cells[[0, 5, 9]] * np.float32(0.9)
    layer = NetVLAD(3)
    layer.build(maps.shape)
    layer.start_from(centres, 1e4)
    hard = vlad(cells, centres)
    squared = np.sign(hard) * hard**2
    squared /= np.linalg.norm(squared)
    assert np.allclose(ops.convert_to_numpy(layer(maps))[0, 0], squared, atol=1e-4)


def test_a_layer_without_centres_is_refused():
    with pytest.raises(ValueError, match="centres=0"):
        NetVLAD(0)


def test_a_codebook_has_the_middles_of_the_heaps():
    cells = np.array([[0.0, 0], [0, 2], [10, 0], [10, 2]])
    assert sorted(codebook(cells, 2).tolist()) == [[0, 1], [10, 1]]
    with pytest.raises(ValueError, match="Received: 4"):
        codebook(cells, 5)
