"""The simulated camera shows what distorted digits look like."""

import numpy as np
import pytest

from edge_demo.camera import sim

ROUNDING = 0.5 / 255


def scene(frame_bgr_u8):
    """One number in [0, 1] per pixel of the scene, after checking that the frame enlarges it by eight."""
    assert frame_bgr_u8.shape == (480, 480, 3)
    assert frame_bgr_u8.dtype == np.uint8
    small = frame_bgr_u8[::8, ::8]
    np.testing.assert_array_equal(frame_bgr_u8, small.repeat(8, axis=0).repeat(8, axis=1))
    assert (small == small[:, :, :1]).all()
    return small[:, :, 0] / 255


def ink_box(image, level):
    rows, columns = np.flatnonzero((image > level).any(axis=1)), np.flatnonzero((image > level).any(axis=0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("seed", range(3))
def test_the_ink_of_a_digit_is_centred_in_the_middle_twenty_pixels(digit, seed):
    image = sim.drawn(*sim.handwriting(digit, np.random.default_rng(seed)), 28)
    assert image.shape == (28, 28)
    assert image.max() == 1
    left, top, right, bottom = ink_box(image, 0)
    assert max(right - left, bottom - top) in (
        20,
        21,
        22,
    )  # the pen's soft edge may reach into the next pixel
    assert abs(left + right - 28) <= 1
    assert abs(top + bottom - 28) <= 1
    assert 0.04 < image.mean() < 0.25  # a stroke's share of the picture, as in MNIST


def test_the_ten_digits_differ():
    images = [sim.drawn(*sim.handwriting(digit, np.random.default_rng(0)), 28) for digit in range(10)]
    distances = [np.abs(a - b).mean() for i, a in enumerate(images) for b in images[:i]]
    assert min(distances) > 0.03


def test_a_frame_is_a_digit_on_noise_up_to_three_tenths():
    image = scene(sim.SimCamera(0).frame(0))
    background = image[image <= sim.NOISE + ROUNDING]
    assert background.size > 0.85 * image.size
    np.testing.assert_allclose(background.mean(), sim.NOISE / 2, atol=0.01)
    left, top, right, bottom = ink_box(image, 0.6)
    assert max(right - left, bottom - top) <= 22
    assert image.max() == 1


def test_the_noise_is_fresh_in_each_frame_and_the_same_for_each_seed():
    camera = sim.SimCamera(5)
    assert (camera.frame(0)[:80, :80] != camera.frame(1)[:80, :80]).any()
    np.testing.assert_array_equal(camera.frame(7), sim.SimCamera(5).frame(7))
    assert (camera.frame(7) != sim.SimCamera(6).frame(7)).any()


def test_the_digit_changes_every_four_seconds_and_back():
    camera = sim.SimCamera(0)
    shown = [camera.digit(index) for index in (0, 119, 120, 239, 240, 359, 360)]
    other = camera.digit(120)
    assert other != camera.target
    assert shown == [camera.target] * 2 + [other] * 2 + [camera.target] * 2 + [other]


@pytest.mark.parametrize("seed", range(3))
def test_the_digit_drifts_smoothly_and_stays_inside(seed):
    """The fastest wave moves 16 px * 2 pi / 5.3 s / 30 = 0.63 px a frame."""
    camera = sim.SimCamera(seed)
    boxes = np.array([ink_box(scene(camera.frame(index)), 0.6) for index in range(0, 119, 2)])
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2:] <= 60).all()
    assert np.abs(np.diff(boxes, axis=0)).max() <= 3
    assert np.ptp(boxes[:, 0]) + np.ptp(boxes[:, 1]) > 10


@pytest.mark.parametrize("digit", range(10))
def test_a_reference_is_clean_and_cut_close_to_the_ink(digit):
    picture = sim.reference_picture(digit)
    small = picture[::8, ::8, 0] / 255
    np.testing.assert_array_equal(picture, picture[::8, ::8].repeat(8, axis=0).repeat(8, axis=1))
    assert ink_box(small, 0) == (2, 2, small.shape[1] - 2, small.shape[0] - 2)
    assert (small == 0).mean() > 0.3


def test_a_reference_is_in_other_handwriting_than_the_camera_shows():
    camera = sim.SimCamera(0)
    reference = sim.reference_picture(camera.target, 0)[::8, ::8, 0]
    left, top, right, bottom = ink_box(scene(camera.frame(0)), 0.6)
    assert reference.shape != (bottom - top + 4, right - left + 4)
    assert (sim.reference_picture(3, 0).shape != sim.reference_picture(3, 1).shape) or (
        sim.reference_picture(3, 0) != sim.reference_picture(3, 1)
    ).any()
