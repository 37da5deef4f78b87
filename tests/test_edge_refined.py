"""A map that cells draw nearer: maps of noise, of which B is a known reading of A."""

import cv2
import numpy as np
import pytest

from edge_demo.model.alignment.refined import agreement, refined
from edge_demo.model.thetas import KINDS
from getnet_tf.alignment.warps import read_picture_at

HW, IMAGE_HW = (15, 15), (240, 240)
REACH = 224 / 239  # the middles of the outermost cells, in the image's coordinates
IDENTITY = np.array([1, 0, 0, 0, 1, 0], np.float32)


def maps_of(rng, theta):
    """Smooth noise, and what it shows read at an affine theta of the image: (15, 15, 24) each."""
    fine = read_picture_at(rng.normal(size=(12, 12, 24)).astype(np.float32), IDENTITY, "affine", (61, 61))
    on_cells = np.asarray(theta, np.float32) / np.float32([1, 1, REACH, 1, 1, REACH])
    return tuple(read_picture_at(fine, one, "affine", HW) for one in (IDENTITY, on_cells))


@pytest.mark.parametrize(
    "true",
    [
        (1, 0, 0, 0, 1, 0),
        (1, 0, 0.2, 0, 1, -0.1),
        (0.9, 0.15, 0.05, -0.15, 0.9, 0),
        (1.2, 0, 0, 0.1, 0.8, 0.1),
    ],
)
def test_what_is_about_right_becomes_right(true, rng):
    maps_a, maps_b = maps_of(rng, true)
    about = np.float32(true) + np.float32([0.08, -0.06, 0.1, 0.05, -0.07, -0.1])
    before, after = (
        np.abs(theta - true).max() for theta in (about, refined(about, "affine", maps_a, maps_b, IMAGE_HW))
    )
    assert before > 0.09 and after < 0.03


def test_a_spline_becomes_right_too(rng):
    """Corners moved by up to 0.2; the regressor said that nothing is bent."""
    bent = rng.uniform(-0.2, 0.2, 18).astype(np.float32)
    fine = read_picture_at(rng.normal(size=(12, 12, 24)).astype(np.float32), IDENTITY, "affine", (61, 61))
    maps_a = read_picture_at(fine, IDENTITY, "affine", HW)
    points = np.stack(np.meshgrid(*(np.linspace(-1, 1, 15),) * 2), axis=-1).reshape(-1, 2)
    read = KINDS["tps"].read_at(bent[None], points * REACH, np)[0] / REACH  # between the middles of cells
    at_px = ((read + 1) * 30).reshape(15, 15, 2).astype(np.float32)
    maps_b = cv2.remap(fine, at_px[..., 0], at_px[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    found = refined(np.zeros(18, np.float32), "tps", maps_a, maps_b, IMAGE_HW)
    inner = points[np.abs(points).max(axis=1) < 0.6]
    far = [
        np.linalg.norm(KINDS["tps"].read_at((one - bent)[None], inner, np)[0] - inner, axis=1).mean()
        for one in (0 * bent, found)
    ]
    assert far[1] < far[0] / 3


def test_where_no_cell_lies_in_a_nothing_changes(rng):
    maps_a, maps_b = maps_of(rng, IDENTITY)
    far = np.float32([1, 0, 5, 0, 1, 5])
    np.testing.assert_array_equal(refined(far, "affine", maps_a, maps_b, IMAGE_HW), far)


def test_cells_without_any_likeness_change_little(rng):
    """A and B of numbers of opposite signs: no cosine is above 0, so no cell votes."""
    maps_a = np.abs(rng.normal(size=(*HW, 8))).astype(np.float32)
    theta = np.float32([1, 0.1, 0, 0, 1, 0.1])
    np.testing.assert_allclose(refined(theta, "affine", maps_a, -maps_a, IMAGE_HW), theta, atol=1e-6)


def test_the_agreement_is_the_share_of_cells_that_find_each_other(rng):
    """Unrelated maps agree by chance alone; of a shift by half the side those cells of A that B does not show do not."""
    maps_a, maps_b = maps_of(rng, IDENTITY)
    other, _ = maps_of(rng, IDENTITY)
    assert agreement(IDENTITY, maps_a, maps_b, IMAGE_HW) == 1
    assert agreement(IDENTITY, maps_a, other, IMAGE_HW) < 0.2
    half = np.float32([1, 0, REACH, 0, 1, 0])  # seven of fifteen cells
    assert 8 / 15 <= agreement(half, *maps_of(rng, half), IMAGE_HW) < 0.75
