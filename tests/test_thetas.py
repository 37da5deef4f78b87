"""edge_demo.model.thetas: what every kind of theta says of itself, the same in NumPy and in Keras."""

import numpy as np
import pytest

from edge_demo.model.thetas import KINDS, LOCATED, kind_named


@pytest.mark.parametrize(
    ("kind", "theta", "expected"),
    [
        ("translation", [0.3, -0.2], [[1, 0, 0.3], [0, 1, -0.2]]),
        ("attention", [0.5, 0.3, -0.2], [[0.5, 0, 0.3], [0, 0.5, -0.2]]),
        ("box", [0.5, 0.25, 0.3, -0.2], [[0.5, 0, 0.3], [0, 0.25, -0.2]]),
        ("similarity", [2, np.pi / 6, 0.3, -0.2], [[3**0.5, -1, 0.3], [1, 3**0.5, -0.2]]),
        ("affine", [1, 2, 3, 4, 5, 6], [[1, 2, 3], [4, 5, 6]]),
    ],
)
def test_the_matrix_is_the_one_its_file_names(kind, theta, expected):
    assert KINDS[kind].size == len(theta)
    np.testing.assert_allclose(KINDS[kind].matrix(np.array([theta]), np), [expected], atol=1e-12)


def some(kind, rng, count=3):
    """Thetas of any kind, by way of heat maps where there is a way: moderate areas that lie mostly inside."""
    if not KINDS[kind].for_heat:
        return rng.normal(0, 0.1, (count, KINDS[kind].size))
    centre, half = rng.uniform(-0.3, 0.3, (count, 2)), rng.uniform(0.4, 0.9, (count, 2))
    return KINDS[kind].from_heat(centre, half, rng.uniform(-0.5, 0.5, (count, KINDS[kind].extra)), np)


@pytest.mark.parametrize("kind", KINDS)
def test_keras_and_numpy_compute_the_same(kind, rng):
    from keras import ops

    known, points = KINDS[kind], rng.uniform(-1, 1, (5, 2)).astype(np.float32)
    theta = some(kind, rng).astype(np.float32)
    np.testing.assert_allclose(
        known.read_at(ops.convert_to_tensor(theta), ops.convert_to_tensor(points), ops),
        known.read_at(theta, points, np),
        atol=1e-6,
    )
    for bound0, bound1 in zip(
        known.bounds(ops.convert_to_tensor(theta), ops), known.bounds(theta, np), strict=True
    ):
        np.testing.assert_allclose(bound0, bound1, atol=1e-6)


@pytest.mark.parametrize("kind", LOCATED)
def test_the_bounds_are_the_tightest_around_what_is_read(kind, rng):
    """Of an affine map the outermost points are the images of the corners."""
    theta = some(kind, rng)
    corners = np.array([[-1.0, -1], [1, -1], [-1, 1], [1, 1]])
    read = KINDS[kind].read_at(theta, corners, np)
    low, high = KINDS[kind].bounds(theta, np)
    np.testing.assert_allclose(low, read.min(axis=1), atol=1e-12)
    np.testing.assert_allclose(high, read.max(axis=1), atol=1e-12)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind].for_boxes])
def test_a_kind_for_boxes_looks_at_the_area_it_is_given(kind):
    """Half sides 0.4 and 0.1 round (0.2, -0.3). What knows one scale only keeps the area: 0.4 x 0.1 = 0.2 x 0.2."""
    theta = KINDS[kind].from_area(np.array([[0.4, 0.1]]), np.array([[0.2, -0.3]]), np)
    low, high = KINDS[kind].bounds(theta, np)
    half = (high - low) / 2
    np.testing.assert_allclose((low + high) / 2, [[0.2, -0.3]], atol=1e-12)
    np.testing.assert_allclose(half, [[0.4, 0.1]] if kind == "box" else [[0.2, 0.2]], atol=1e-12)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("translation", [0.2, -0.3]),
        ("attention", [0.0725**0.5, 0.2, -0.3]),
        ("box", [0.35, 0.15, 0.2, -0.3]),
        ("similarity", [0.0725**0.5, 0.7, 0.2, -0.3]),
        ("affine", [0.35 * 1.7, 0.35 * 0.1, 0.2, 0.15 * 0.2, 0.15 * 1.3, -0.3]),
    ],
)
def test_heat_becomes_theta(kind, expected):
    """Half sides 0.35 and 0.15; their mean square is (0.1225 + 0.0225) / 2 = 0.0725, whose root is the one scale."""
    half = np.array([[0.35, 0.15]])
    extra = np.array([[0.7, 0.1, 0.2, 0.3]])[:, : KINDS[kind].extra]
    theta = KINDS[kind].from_heat(np.array([[0.2, -0.3]]), half, extra, np)
    np.testing.assert_allclose(theta, [expected], atol=1e-12)


@pytest.mark.parametrize("kind", LOCATED)
def test_every_kind_reads_the_whole_image_at_some_theta_and_scales_if_it_says_so(kind):
    """Heat whose half sides are 1 round the middle asks for the identity; half of them for half of it."""
    known = KINDS[kind]
    for half in (1.0, 0.5):
        theta = known.from_heat(np.zeros((1, 2)), np.full((1, 2), half), np.zeros((1, known.extra)), np)
        low, high = known.bounds(theta, np)
        reach = half if known.scales else 1.0
        np.testing.assert_allclose([low[0], high[0]], [[-reach] * 2, [reach] * 2], atol=1e-12)


def test_an_unknown_kind_is_refused_by_name():
    with pytest.raises(ValueError, match=r"Expected one of translation, .*Received: kind='homography'"):
        kind_named("homography")
