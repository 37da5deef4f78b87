"""getnet_tf.alignment: correlation of all pairs of cells, maps one behind the other, and the losses, by hand."""

import numpy as np
import pytest
from checks import KINDS, gradient_error, spline_of, theta_of
from keras import ops

from edge_demo.model.alignment.affine import after, inverse
from edge_demo.model.alignment.turns import turn_theta
from edge_demo.model.thetas import kind_named
from edge_demo.model.thetas.tps import CONTROL
from getnet_tf.alignment.affine_maps import IDENTITY, SYMMETRIES, moved, resampled, spline_after
from getnet_tf.alignment.correlation import all_pairs_correlation
from getnet_tf.alignment.loss import fit_loss, grid_distance, weighted_mean


def test_every_cell_of_b_says_where_in_a_it_lies_by_hand():
    """A: east, north; west, and (3, 4) / 5. Against B's east they give 1, 0, -1 -> 0, 0.6, of length sqrt(1.36); against
    B's south 0, -1 -> 0, 0, -0.8 -> 0: nothing looks like it."""
    maps_a = np.array([[[[2.0, 0], [0, 1]], [[-1, 0], [3, 4]]]])
    maps_b = np.array([[[[5.0, 0], [0, -1]], [[0, 2], [1, 0]]]])
    result = np.asarray(all_pairs_correlation(maps_a, maps_b))
    assert result.shape == (1, 2, 2, 4)
    np.testing.assert_allclose(result[0, 0, 0], np.array([1, 0, 0, 0.6]) / 1.36**0.5, atol=1e-5)
    np.testing.assert_array_equal(result[0, 0, 1], [0, 0, 0, 0])
    np.testing.assert_allclose(result[0, 1, 0], np.array([0, 1, 0, 0.8]) / 1.64**0.5, atol=1e-5)


def test_loudness_of_a_cell_is_no_argument(rng):
    maps_a, maps_b = rng.normal(size=(2, 2, 3, 4, 5))
    louder = maps_a * rng.uniform(0.5, 5, (2, 3, 4, 1)), maps_b * rng.uniform(0.5, 5, (2, 3, 4, 1))
    np.testing.assert_allclose(
        all_pairs_correlation(*louder), all_pairs_correlation(maps_a, maps_b), atol=1e-5
    )


def test_to_move_the_cells_of_a_moves_the_channels_alike(rng):
    maps_a, maps_b = rng.normal(size=(2, 2, 3, 4, 5))
    order = rng.permutation(12)
    shuffled = maps_a.reshape(2, 12, 5)[:, order].reshape(2, 3, 4, 5)
    expected = np.asarray(all_pairs_correlation(maps_a, maps_b))[..., order]
    np.testing.assert_allclose(all_pairs_correlation(shuffled, maps_b), expected, atol=1e-6)


def test_of_two_cells_that_look_alike_neither_says_much():
    """One cell of A like B's: 1. Two such: 1 / sqrt(2) each."""
    maps_b = np.ones((1, 1, 2, 1))
    alone, twice = np.array([[[[1.0], [-1.0]]]]), np.array([[[[1.0], [1.0]]]])
    assert np.asarray(all_pairs_correlation(alone, maps_b)).max() == pytest.approx(1, abs=1e-5)
    assert np.asarray(all_pairs_correlation(twice, maps_b)).max() == pytest.approx(0.5**0.5, abs=1e-5)


def test_after_is_one_map_behind_the_other(rng):
    outer, inner, points = theta_of("affine", rng), theta_of("affine", rng), rng.normal(size=(3, 7, 2))
    expected = moved(outer, moved(inner, points))
    np.testing.assert_allclose(moved(after(outer, inner), points), expected, atol=1e-12)
    in_keras = after(ops.convert_to_tensor(outer), ops.convert_to_tensor(inner), ops)
    np.testing.assert_allclose(in_keras, after(outer, inner), atol=1e-6)


def test_the_inverse_undoes_its_map(rng):
    theta = theta_of("affine", rng)
    np.testing.assert_allclose(after(theta, inverse(theta)), [IDENTITY] * 3, atol=1e-12)
    np.testing.assert_allclose(after(inverse(theta), theta), [IDENTITY] * 3, atol=1e-12)


def test_an_affine_map_behind_a_spline_is_a_spline_exactly(rng):
    outer, inner, points = theta_of("affine", rng), theta_of("tps", rng), rng.uniform(-1, 1, (9, 2))
    both = spline_after(outer, "tps", inner)
    tps = kind_named("tps")
    expected = moved(outer, tps.read_at(inner, points, np))
    np.testing.assert_allclose(tps.read_at(both, points, np), expected, atol=1e-10)
    # And SciPy's spline through where the control points end up says the same.
    spline = spline_of((moved(outer, tps.read_at(inner, CONTROL, np))[0] - CONTROL).T.ravel())
    np.testing.assert_allclose([spline(*point) for point in points], expected[0], atol=1e-10)


def test_an_affine_map_as_a_spline_is_the_same_map(rng):
    theta, points = theta_of("affine", rng), rng.uniform(-2, 2, (9, 2))
    spline = spline_after(np.tile(IDENTITY, (3, 1)), "affine", theta)
    read = kind_named("tps").read_at(spline, points, np)
    np.testing.assert_allclose(read, kind_named("affine").read_at(theta, points, np), atol=1e-10)


@pytest.mark.parametrize("number", range(4))
def test_two_turns_read_what_numpy_turns_by_a_quarter(number, rng):
    from getnet_tf import geometry

    image = rng.random((1, 6, 6, 2)).astype(np.float32)
    theta = turn_theta(2 * number)[None]
    turned = geometry.sample(ops.convert_to_tensor(image), ops.convert_to_tensor(theta), "affine", (6, 6))
    np.testing.assert_allclose(turned[0], np.rot90(image[0], number), atol=1e-6)


@pytest.mark.parametrize("kind", ["affine", "tps"])
def test_a_resampled_theta_takes_points_as_reading_anew_does(kind, rng):
    """A point p of the new B is read_b(p) of the old; it lies where read_a takes the new A's point."""
    theta = theta_of(kind, rng)
    read_a, read_b = theta_of("affine", rng), SYMMETRIES[[1, 4, 7]]
    points = rng.uniform(-1, 1, (6, 2))
    new = resampled(theta, kind, read_a, read_b)
    for i in range(3):
        in_new_a = kind_named(kind).read_at(new[i : i + 1], points, np)
        in_old_b = moved(read_b[i : i + 1], points[None])[0]
        expected = kind_named(kind).read_at(theta[i : i + 1], in_old_b, np)
        np.testing.assert_allclose(moved(read_a[i : i + 1], in_new_a), expected, atol=1e-6)


def test_the_symmetries_are_the_eight_of_a_square():
    corners = {(x, y) for x in (-1, 1) for y in (-1, 1)}
    moves = {tuple(map(tuple, moved(one[None], np.array([[(1, 0), (0, 1)]]))[0])) for one in SYMMETRIES}
    assert len(moves) == 8
    for one in SYMMETRIES:
        assert set(map(tuple, moved(one[None], np.array([sorted(corners)]))[0])) == corners


def test_the_grid_distance_of_shifts_and_stretches_by_hand():
    """A shift by (0.3, -0.4) moves every point by 0.5: 0.25. A stretch of x by 1.5 moves x by x / 2: a quarter of the mean
    of x^2, which of 20 points from -1 to 1 is (20 + 1) / (3 * (20 - 1)) = 7 / 19."""
    true = np.array([IDENTITY] * 2, np.float32)
    theta = true + np.array([[0, 0, 0.3, 0, 0, -0.4], [0.5, 0, 0, 0, 0, 0]], np.float32)
    np.testing.assert_allclose(grid_distance(theta, true, "affine"), [0.25, 7 / 19 / 4], atol=1e-6)
    # All nine points shifted alike shift the whole.
    shift = np.repeat([[0.3, -0.4]], 9, axis=-1).astype(np.float32)
    np.testing.assert_allclose(grid_distance(shift, np.zeros((1, 18), np.float32), "tps"), [0.25], atol=1e-6)


@pytest.mark.parametrize("kind", ["affine", "tps"])
def test_the_slope_of_the_grid_distance_is_the_numeric_one(kind, rng):
    true = theta_of(kind, rng, 2)
    error, size = gradient_error(lambda t: grid_distance(t, true, kind), theta_of(kind, rng, 2))
    assert error < 1e-7 and size > 0.01
    assert true.shape == (2, KINDS[kind])


def test_a_wrong_yes_costs_by_hand():
    """-log sigmoid(0) = log 2; a yes of 3 where it is no: log(1 + e^3); no overflow at 1000."""
    logit, label = np.array([0.0, 3.0, 1000.0]), np.array([1.0, 0.0, 0.0])
    np.testing.assert_allclose(fit_loss(label, logit), [np.log(2), np.log1p(np.exp(3)), 1000], rtol=1e-6)


def test_a_mean_of_nothing_is_zero():
    assert float(weighted_mean(np.array([3.0, 5.0]), np.array([1.0, 1.0]))) == 4
    assert float(weighted_mean(np.array([3.0, 5.0]), np.zeros(2))) == 0
