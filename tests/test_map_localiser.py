"""getnet_tf.localisers.map_localiser: from a correlation to a box."""

import itertools

import numpy as np
import pytest
from checks import shake

from getnet_tf import geometry
from getnet_tf.localisers.map_localiser import (
    box_from_cells,
    boxes_of_modes,
    build_map_localiser,
    theta_from_box,
)


def test_one_sure_cell_gives_its_own_box():
    """Cell (row 1, column 3) of 4 x 5 has its centre at (3.5, 1.5) cells; half a cell to the left, one up, one and a
    half to the right, two down: (3, 0.5) to (5, 3.5)."""
    heat, edges = np.full((1, 4, 5, 1), -20.0), np.zeros((1, 4, 5, 4))
    heat[0, 1, 3], edges[0, 1, 3] = 20.0, (0.5, 1.0, 1.5, 2.0)
    box, weight = box_from_cells(heat, edges)
    np.testing.assert_allclose(box, [[3 / 5, 0.5 / 4, 5 / 5, 3.5 / 4]], atol=1e-6)
    assert np.asarray(weight)[0, 1, 3] == pytest.approx(1.0, abs=1e-6)


def test_cells_that_guess_the_same_box_agree_on_it_however_sure_each_is(rng):
    """Every cell of a 3 x 4 map points at (1, 0.5) to (3.5, 2)."""
    y, x = np.mgrid[:3, :4] + 0.5
    edges = np.stack([x - 1, y - 0.5, 3.5 - x, 2 - y], axis=-1)[None]
    box, weight = box_from_cells(rng.normal(size=(1, 3, 4, 1)), edges)
    np.testing.assert_allclose(box, [[1 / 4, 0.5 / 3, 3.5 / 4, 2 / 3]], atol=1e-6)
    assert np.asarray(weight).sum() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("box_px", [(0, 0, 80, 60), (10, 20, 30, 50)])
def test_theta_looks_at_the_box(box_px):
    """The kind `attention` has one scale for both axes: the same share of the image in the image's shape."""
    shares = np.array([box_px], np.float32) / [80, 60, 80, 60]
    theta = theta_from_box(shares.astype(np.float32), "box", (60, 80))
    np.testing.assert_allclose(geometry.boxes_from_theta(theta, "box", (60, 80)), [box_px], atol=1e-3)
    attention = np.asarray(theta_from_box(shares.astype(np.float32), "attention", (60, 80)))
    np.testing.assert_allclose(attention[:, 0] ** 2, np.prod(np.asarray(theta)[:, :2], axis=-1), rtol=1e-5)
    np.testing.assert_allclose(attention[:, 1:], np.asarray(theta)[:, 2:])


def test_a_box_turned_inside_out_is_still_a_target_area():
    theta = np.asarray(theta_from_box(np.array([[0.6, 0.5, 0.4, 0.5]], np.float32), "box", (60, 80)))
    assert (theta[:, :2] > 0).all()
    np.testing.assert_allclose(theta[0, 2:], [0.0, 0.0], atol=0.02)


def test_the_box_moves_with_the_correlation(rng):
    """A patch far from the borders, moved by a cell, moves heat and edges by a cell and nothing else."""
    localiser = build_map_localiser(3)
    shake(localiser.variables)
    patch = rng.normal(size=(3, 2, 3))
    maps = np.zeros((2, 24, 26, 3), np.float32)
    maps[0, 11:14, 12:14] = patch
    maps[1, 12:15, 13:15] = patch
    for output in localiser(maps):
        here, there = np.asarray(output)
        np.testing.assert_allclose(there[7:18, 8:18], here[6:17, 7:17], atol=1e-4)
        assert np.abs(there[6:17, 7:17] - here[6:17, 7:17]).max() > 1e-2


def test_every_layer_is_one_that_quantization_accepts():
    names = [type(layer).__name__ for layer in build_map_localiser(5).layers]
    assert set(names) <= {"InputLayer", "Conv2D", "BatchNormalization", "ReLU"}
    for before, name in itertools.pairwise(names):
        assert name != "BatchNormalization" or before == "Conv2D"


def two_places():
    """A map of 6 x 8 cells: around (1.5, 1.5) four cells say the box (0.5, 0.5) to (2.5, 2.5), surest; far right three
    cells say (5, 3) to (8, 6); all others are not sure of anything."""
    y, x = np.mgrid[:6, :8] + 0.5
    heat, edges = np.full((1, 6, 8, 1), -9.0, np.float32), np.full((1, 6, 8, 4), 0.4, np.float32)
    for rows, columns, box, sure in (
        (slice(1, 3), slice(1, 3), (0.5, 0.5, 2.5, 2.5), 5.0),
        (4, slice(5, 8), (5, 3, 8, 6), 4.0),
    ):
        cx, cy = x[rows, columns], y[rows, columns]
        heat[0, rows, columns, 0] = sure
        edges[0, rows, columns] = np.stack([cx - box[0], cy - box[1], box[2] - cx, box[3] - cy], axis=-1)
    return heat, edges


def test_the_surest_places_come_one_after_the_other_and_are_not_averaged():
    """Their average, by contrast, lies between them. Four cells share the first box, three cells e^-1 as sure the second."""
    heat, edges = two_places()
    boxes, sure = (np.asarray(x) for x in boxes_of_modes(heat, edges, 2))
    np.testing.assert_allclose(boxes[0, 0] * [8, 6, 8, 6], (0.5, 0.5, 2.5, 2.5), atol=1e-3)
    np.testing.assert_allclose(boxes[0, 1] * [8, 6, 8, 6], (5, 3, 8, 6), atol=1e-3)
    np.testing.assert_allclose(sure[0], [4, 3 / np.e], rtol=5e-3)  # the breaker of ties: 48 cells by 1e-4
    between = np.asarray(box_from_cells(heat, edges)[0])[0] * [8, 6, 8, 6]
    assert 2.5 < between[2] < 8 and 0.5 < between[0] < 5


def test_where_no_cell_is_left_nothing_is_sure_and_nothing_is_infinite():
    """One cell whose box is the whole map leaves none outside."""
    boxes, sure = boxes_of_modes(
        np.zeros((1, 1, 1, 1), np.float32), np.full((1, 1, 1, 4), 0.5, np.float32), 3
    )
    np.testing.assert_allclose(np.asarray(sure)[0], [1, 0, 0], atol=1e-6)
    assert np.isfinite(np.asarray(boxes)).all()
    np.testing.assert_allclose(np.asarray(boxes)[0, 0], [0, 0, 1, 1], atol=1e-6)


def test_equal_places_are_still_two():
    heat, edges = two_places()
    heat[heat > 0] = 5.0
    boxes = np.asarray(boxes_of_modes(heat, edges, 2)[0])[0] * [8, 6, 8, 6]
    found = sorted(map(tuple, np.round(boxes, 2)))
    np.testing.assert_allclose(found, [(0.5, 0.5, 2.5, 2.5), (5, 3, 8, 6)], atol=0.02)
