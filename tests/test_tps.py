"""edge_demo.model.thetas.tps: a bent sheet through nine points. SciPy is the referee; see also test_geometry."""

import numpy as np
import pytest
from checks import spline_of

from edge_demo.model.thetas import KINDS
from edge_demo.model.thetas.tps import CONTROL

TPS = KINDS["tps"]


def test_the_control_points_lie_row_by_row_and_theta_has_their_x_first():
    """The fourth point is the left one of the middle row; its x is number 3, its y number 12."""
    np.testing.assert_array_equal(CONTROL[[0, 3, 8]], [[-1, -1], [-1, 0], [1, 1]])
    theta = np.zeros((1, 18))
    theta[0, 3], theta[0, 12] = 0.25, -0.5
    expected = CONTROL + np.eye(9)[3][:, None] * [0.25, -0.5]
    np.testing.assert_allclose(TPS.read_at(theta, CONTROL, np)[0], expected, atol=1e-12)


def test_between_and_beyond_the_control_points_it_bends_as_scipy_says(rng):
    theta, points = rng.uniform(-0.5, 0.5, (2, 18)), rng.uniform(-1.5, 1.5, (20, 2))
    for numbers, read in zip(theta, TPS.read_at(theta, points, np), strict=True):
        spline = spline_of(numbers)
        np.testing.assert_allclose(read, [spline(*point) for point in points], atol=1e-10)


def test_zero_is_the_identity_everywhere(rng):
    points = rng.uniform(-3, 3, (20, 2))
    np.testing.assert_array_equal(TPS.read_at(np.zeros((1, 18)), points, np)[0], points)


def test_points_moved_by_an_affine_map_give_that_map_everywhere(rng):
    matrix, shift = rng.normal(size=(2, 2)), rng.normal(size=2)
    theta = (CONTROL @ matrix.T + shift - CONTROL).T.reshape(1, 18)
    points = rng.uniform(-3, 3, (20, 2))
    np.testing.assert_allclose(TPS.read_at(theta, points, np)[0], points @ matrix.T + shift, atol=1e-10)


def test_the_bounds_hold_the_middle_of_an_edge_that_is_bent_outwards():
    """The middle of the right edge is pulled 0.4 to the right; the corners stay, and nothing goes further."""
    theta = np.zeros((1, 18))
    theta[0, 5] = 0.4
    low, high = TPS.bounds(theta, np)
    np.testing.assert_allclose(high, [[1.4, 1]], atol=1e-9)
    assert low[0, 1] == pytest.approx(-1) and low[0, 0] < -0.9


def test_a_spline_has_no_matrix_and_no_heat_map_gives_it():
    with pytest.raises(TypeError, match="Tps has no matrix"):
        TPS.matrix(np.zeros((1, 18)), np)
    with pytest.raises(TypeError, match="cannot be read off a heat map"):
        TPS.from_heat(np.zeros((1, 2)), np.ones((1, 2)), None, np)
    assert not TPS.for_heat and not TPS.for_boxes
