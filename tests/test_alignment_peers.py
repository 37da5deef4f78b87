"""benchmarks/alignment.py: maps of matches, and doing nothing."""

import alignment
import numpy as np
import pytest

from edge_demo.model.alignment.placement import outline_of

PICTURES = np.zeros((40, 90, 3), np.uint8), np.zeros((20, 30, 3), np.uint8)  # A, B


def matches(matrix, count=60, wrong=20):
    """Points of B all over, where `matrix` takes them in A, but for the last `wrong`."""
    rng = np.random.default_rng(0)
    points_b = rng.uniform(0, 300, (count, 2))
    points_a = alignment.moved(points_b, np.array(matrix, float))
    points_a[count - wrong :] = rng.uniform(0, 300, (wrong, 2))
    return np.float32(points_a), np.float32(points_b)


@pytest.mark.parametrize(
    ("fit", "matrix"),
    [
        (alignment.affine_of, [[0.9, 0.2, 5], [-0.1, 1.1, 7], [0, 0, 1]]),
        (alignment.homography_of, [[0.9, 0.2, 5], [-0.1, 1.1, 7], [0.001, 0.0005, 1]]),
    ],
)
def test_the_map_that_most_matches_agree_on_is_found_in_its_direction(fit, matrix):
    placed = alignment.Mapped(fit(*matches(matrix)))
    points = np.array([(10, 20), (200, 50), (120, 250)], float)
    places = alignment.moved(points, np.array(matrix))
    np.testing.assert_allclose(placed.carried(points), places, atol=0.01)
    np.testing.assert_allclose(placed.found(places), points, atol=0.01)


def test_too_few_matches_have_no_answer():
    points = np.zeros((0, 2), np.float32)
    assert alignment.affine_of(points, points) is None and alignment.homography_of(points, points) is None


def test_nothing_done_takes_edges_to_edges():
    """B's 30 x 20 pixels are A's 90 x 40: its first pixel's centre, half a pixel inside, is 1.5 and 1 pixels inside A."""
    placed = alignment.Mapped(alignment.nothing_done(*PICTURES))
    np.testing.assert_allclose(placed.carried([(0, 0)]), [(1, 0.5)])
    np.testing.assert_allclose(placed.found(outline_of((40, 90))), outline_of((20, 30)))


def test_sift_matches_a_picture_with_its_shifted_self():
    rng = np.random.default_rng(0)
    noise = np.repeat(np.repeat(rng.integers(0, 256, (30, 40, 3), dtype=np.uint8), 6, 0), 6, 1)
    (points_a, points_b), (none, _) = alignment.sift_matches(
        [(noise[:, 12:], noise[:, :-12]), (noise, np.zeros_like(noise))]
    )
    assert len(points_a) > 20 and none.shape == (0, 2)
    np.testing.assert_allclose(np.median(points_b - points_a, axis=0), (12, 0), atol=0.5)


def test_targets_that_ours_misses_are_named():
    rows = [
        {"method": "ours, affine", "way": "affine", "pck": 0.5, "outline_right": 0.7},
        {"method": "ours, spline", "way": "tps", "pck": 0.55, "outline_right": 0.1},
        {"method": alignment.XFEAT, "pck": 0.1, "outline_right": 0.7},
    ]
    assert alignment.missed_by(rows) == [
        "PCK@0.1 of tps 0.550, below 0.56",
        "outlines right 0.700, XFeat 0.700",
    ]
    assert alignment.missed_by(rows[2:]) == []
