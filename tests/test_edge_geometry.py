"""Boxes worked out by hand, on images where swapping x and y or the direction of theta would show."""

import numpy as np
import pytest

from edge_demo.model.geometry import areas, box_from_theta, iou, matrix_from_theta, overlaps
from edge_demo.model.thetas import KINDS

IDENTITIES = {
    "translation": (0, 0),
    "attention": (1, 0, 0),
    "box": (1, 1, 0, 0),
    "similarity": (1, 0, 0, 0),
    "affine": (1, 0, 0, 0, 1, 0),
}


@pytest.mark.parametrize("kind", IDENTITIES)
def test_the_identity_is_the_whole_frame(kind):
    assert box_from_theta(np.array(IDENTITIES[kind]), kind, (5, 7), (640, 480)) == (0, 0, 640, 480)


@pytest.mark.parametrize("kind", IDENTITIES)
def test_a_theta_of_another_length_is_refused(kind):
    with pytest.raises(ValueError, match="Expected shape"):
        matrix_from_theta(np.zeros(KINDS[kind].size + 1), kind)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"`kind`.*Received: kind='homography'"):
        matrix_from_theta(np.zeros(8), "homography")


def test_attention_by_hand():
    """W = 11: centres -1 and 1 are pixels 0 and 10. s = 0.4, tx = 0.2 reads from -0.2 to 0.6: pixels 4 to 8.

    These pixels cover [4, 9). H = 21, ty = -0.5 reads from -0.9 to -0.1: pixels 1 to 9, which cover [1, 10).
    """
    box_px = box_from_theta(np.array([0.4, 0.2, -0.5]), "attention", (21, 11), (11, 21))
    assert box_px == pytest.approx((4, 1, 9, 10))


def test_a_frame_of_another_size_stretches_the_box():
    """As above, with frame pixels a tenth as wide and a third as high."""
    box_px = box_from_theta(np.array([0.4, 0.2, -0.5]), "attention", (21, 11), (110, 63))
    assert box_px == pytest.approx((40, 3, 90, 30))


def test_a_box_has_its_own_scale_for_x_and_y():
    """x: 0.2 wide around 0: pixels 4 to 6 of 11. y: 0.8 around 0: pixels 2 to 18 of 21."""
    box_px = box_from_theta(np.array([0.2, 0.8, 0, 0]), "box", (21, 11), (11, 21))
    assert box_px == pytest.approx((4, 2, 7, 19))


def test_a_quarter_turn_swaps_the_normalized_half_sides():
    """A = [[0, -0.2, tx], [0.2, 0, ty]]: 0.2 to both sides, so pixels 4 to 6 of 11 and 8 to 12 of 21."""
    box_px = box_from_theta(np.array([0.2, np.pi / 2, 0, 0]), "similarity", (21, 11), (11, 21))
    assert box_px == pytest.approx((4, 8, 7, 13))
    np.testing.assert_allclose(
        matrix_from_theta(np.array([0.2, np.pi / 2, 0.3, 0.4]), "similarity"),
        [[0, -0.2, 0.3], [0.2, 0, 0.4]],
        atol=1e-12,
    )


def test_an_eighth_turn_gives_the_box_around_the_corners():
    """s = sqrt(1/2) turned by 45 degrees: corners at (0, +-1) and (+-1, 0), so all of the frame."""
    box_px = box_from_theta(np.array([np.sqrt(0.5), np.pi / 4, 0, 0]), "similarity", (5, 7), (7, 5))
    assert box_px == pytest.approx((0, 0, 7, 5))


def test_a_shear_gives_the_box_around_the_corners():
    """x = 0.2 u + 0.4 v runs over 0.6 to both sides, y = 0.5 v over 0.5: pixels 2 to 8 and 5 to 15."""
    box_px = box_from_theta(np.array([0.2, 0.4, 0, 0, 0.5, 0]), "affine", (21, 11), (11, 21))
    assert box_px == pytest.approx((2, 5, 9, 16))


def test_a_mirrored_area_is_the_same_box():
    upright = box_from_theta(np.array([0.4, 0.2, -0.5]), "attention", (21, 11), (11, 21))
    mirrored = box_from_theta(np.array([-0.4, 0.4, 0.2, -0.5]), "box", (21, 11), (11, 21))
    assert mirrored == pytest.approx(upright)


def test_what_lies_outside_the_frame_is_cut_off():
    """A shift by 1 moves the whole frame by (W - 1) / 2 = 5 pixels to the right and (H - 1) / 2 = 10 down."""
    box_px = box_from_theta(np.array([1, 1]), "translation", (21, 11), (11, 21))
    assert box_px == pytest.approx((5, 10, 11, 21))


def test_an_area_wholly_outside_is_a_box_without_area_on_the_edge():
    assert box_from_theta(np.array([0.1, 9, -9]), "attention", (21, 11), (11, 21)) == (11, 0, 11, 0)


def test_overlap():
    box, far = (0.0, 0.0, 8.0, 8.0), (20.0, 20.0, 28.0, 28.0)
    assert iou(box, box) == 1
    assert iou(box, (4.0, 0.0, 12.0, 8.0)) == pytest.approx(4 / 12)
    assert iou(box, far) == iou(box, (3.0, 3.0, 3.0, 3.0)) == iou((1.0,) * 4, (1.0,) * 4) == 0


def test_areas_by_hand():
    """3 x 5; no width; turned inside out."""
    np.testing.assert_array_equal(
        areas(np.array([[1.0, 2, 4, 7], [0, 0, 0, 5], [5, 5, 3, 9]])), [[15], [0], [0]]
    )


@pytest.mark.parametrize("library", ["numpy", "keras"])
def test_overlaps_by_hand(library):
    """Of two 2 x 2 boxes a step of 1 apart, 2 of 6; of a 1 x 1 in a 2 x 2, 1 of 4; nothing; all; turned inside out."""
    box0 = np.array([[0.0, 0, 2, 2], [0, 0, 2, 2], [0, 0, 1, 1], [1, 2, 3, 5], [3, 0, 1, 2]], np.float32)
    box1 = np.array([[1.0, 0, 3, 2], [1, 1, 2, 2], [1, 0, 2, 1], [1, 2, 3, 5], [0, 0, 4, 4]], np.float32)
    xp = np
    if library == "keras":
        from keras import ops as xp

        box0, box1 = xp.convert_to_tensor(box0), xp.convert_to_tensor(box1)
    expected = np.array([[1 / 3], [1 / 4], [0], [1], [0]])
    for boxes in ((box0, box1), (box1, box0)):
        np.testing.assert_allclose(np.asarray(overlaps(*boxes, xp)), expected, atol=1e-6)


def test_one_box_overlaps_with_all_of_several():
    boxes = np.array([[0.0, 0, 2, 2], [1, 0, 3, 2], [4, 4, 5, 5]])
    np.testing.assert_allclose(overlaps(boxes, boxes[:1])[:, 0], [1, 1 / 3, 0])
