"""getnet_tf.localisers.correlation: a reference's parts, and where a frame looks like them."""

import numpy as np
import pytest

from getnet_tf.localisers.correlation import correlation, descriptor_of, two_scale_correlation, unit_cells


def test_unit_cells_keep_direction_and_nothing_stays_nothing():
    cells = np.array([[[[3.0, 4.0], [0.0, 0.0]]]])
    np.testing.assert_allclose(unit_cells(cells), [[[[0.6, 0.8], [0, 0]]]], atol=1e-6)


def test_a_descriptor_is_the_average_then_the_parts_row_by_row():
    """Four cells, one per part: east, north, west, north. Loudness is no argument: the average of the directions is
    (0, 2) / 4, and its direction is north."""
    feature_map = np.array([[[[5.0, 0.0], [0.0, 1.0]], [[-1.0, 0.0], [0.0, 9.0]]]])
    expected = [[[0, 1], [1, 0], [0, 1], [-1, 0], [0, 1]]]
    np.testing.assert_allclose(descriptor_of(feature_map, 2), expected, atol=1e-6)


def test_a_part_is_the_average_of_its_cells():
    """Left half east, right half north, in 2 x 4 cells: both parts of the first row see only their half."""
    feature_map = np.zeros((1, 4, 4, 2))
    feature_map[:, :, :2, 0] = 2.0
    feature_map[:, :, 2:, 1] = 3.0
    half = 0.5**0.5
    expected = [[[half, half], [1, 0], [0, 1], [1, 0], [0, 1]]]
    np.testing.assert_allclose(descriptor_of(feature_map, 2), expected, atol=1e-6)


def test_parts_that_do_not_divide_the_map_are_refused():
    with pytest.raises(ValueError, match=r"divisor of the feature map's 6 x 8.*cells=5"):
        descriptor_of(np.zeros((1, 6, 8, 3)), 5)


def test_correlation_is_the_cosine_of_every_cell_with_every_vector(rng):
    feature_map, descriptor = rng.normal(size=(2, 3, 5, 4)), rng.normal(size=(2, 6, 4))
    descriptor /= np.linalg.norm(descriptor, axis=-1, keepdims=True)
    result = np.asarray(correlation(feature_map, descriptor.astype(np.float32)))
    assert result.shape == (2, 3, 5, 6)
    for b, y, x, k in ((0, 0, 0, 0), (1, 2, 4, 5), (0, 1, 3, 2)):
        cell, vector = feature_map[b, y, x], descriptor[b, k]
        assert result[b, y, x, k] == pytest.approx(cell @ vector / np.linalg.norm(cell), abs=1e-5)


def test_a_reference_cut_from_the_frame_is_found_where_it_was_cut(rng):
    frame = rng.normal(size=(1, 7, 9, 16))
    reference = frame[:, 2:6, 4:8]
    found = np.asarray(correlation(frame, descriptor_of(reference, 4)))[0]
    for row in range(4):
        for column in range(4):
            part = found[..., 1 + 4 * row + column]
            assert np.unravel_index(part.argmax(), part.shape) == (2 + row, 4 + column)
            assert part.max() == pytest.approx(1.0, abs=1e-5)


def test_both_scales_lie_on_the_cells_of_the_finer_one(rng):
    """The coarse map has two cells, east and north, and its reference is east: 1 and 0. Half as large, they are read at
    a quarter and at three quarters of the way: 1, 3/4, 1/4, 0, in both rows."""
    fine = rng.normal(size=(1, 2, 4, 2)).astype(np.float32)
    coarse = np.array([[[[2.0, 0.0], [0.0, 3.0]]]], np.float32)
    descriptor = np.array([[[0.6, 0.8], [1.0, 0.0]]], np.float32)
    result = np.asarray(two_scale_correlation(fine, coarse, descriptor))
    np.testing.assert_allclose(result[..., :1], correlation(fine, descriptor[:, :1]), atol=1e-6)
    np.testing.assert_allclose(result[0, :, :, 1], [[1, 0.75, 0.25, 0]] * 2, atol=1e-5)


def test_each_scale_has_its_own_half_of_the_descriptor(rng):
    fine, coarse = rng.normal(size=(2, 4, 6, 5)), rng.normal(size=(2, 2, 3, 5))
    parts = [descriptor_of(maps, 1) for maps in (fine[:, :2, :2], coarse[:, :2, :2])]
    result = np.asarray(two_scale_correlation(fine, coarse, np.concatenate(parts, axis=1)))
    assert result.shape == (2, 4, 6, 4)
    np.testing.assert_allclose(result[..., :2], correlation(fine, parts[0]), atol=1e-5)
    low, high = result[..., 2:].min(axis=(1, 2)), result[..., 2:].max(axis=(1, 2))
    cosines = np.asarray(correlation(coarse, parts[1]))
    assert (low >= cosines.min(axis=(1, 2)) - 1e-5).all() and (high <= cosines.max(axis=(1, 2)) + 1e-5).all()
