"""getnet_tf.data.augment: each change by itself against a value by hand, and nothing but the generator is random."""

import dataclasses
import math

import numpy as np
import pytest
from photo_files import colours

from getnet_tf.data.augment import (
    NONE,
    Strengths,
    augment,
    augment_batch,
    color_matrix,
    geometric,
    photometric,
    source_corners,
)

PICTURE = colours(0, (24, 34))
HARSH = Strengths(blur_share=1, jpeg_share=1)
CORNERS = np.array([[0, 0], [30, 0], [30, 20], [0, 20]])


def only(**strengths):
    return dataclasses.replace(NONE, **strengths)


def grown(picture, seed, strengths):
    return augment(picture, np.random.default_rng(seed), strengths)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    for strengths in (Strengths(), HARSH):
        copies = [grown(PICTURE, seed, strengths) for seed in (0, 0, 1)]
        assert copies[0].tobytes() == copies[1].tobytes() != copies[2].tobytes()
        assert copies[0].shape == PICTURE.shape and copies[0].dtype == np.uint8


def test_the_picture_itself_stays():
    before = PICTURE.copy()
    for strengths in (NONE, HARSH):
        for seed in range(5):
            assert not np.shares_memory(grown(PICTURE, seed, strengths), PICTURE)
    np.testing.assert_array_equal(PICTURE, before)


def test_no_strength_is_no_change():
    for seed in range(20):
        np.testing.assert_array_equal(grown(PICTURE, seed, NONE), PICTURE)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Strengths)])
def test_every_strength_changes_the_picture(name):
    shares = {"blur_px": {"blur_share": 1}, "jpeg_loss": {"jpeg_share": 1}}
    shares |= {"blur_share": {"blur_px": 2}, "jpeg_share": {"jpeg_loss": 80}}
    value = {"blur_share": 1, "jpeg_share": 1, "flip_share": 1}.get(name, getattr(Strengths(), name))
    strengths = only(**{name: value}, **shares.get(name, {}))
    assert any((grown(PICTURE, seed, strengths) != PICTURE).any() for seed in range(5))


def test_a_batch_is_its_pictures_one_after_the_other():
    pictures = np.stack([colours(seed, (24, 34)) for seed in range(3)])
    one_by_one = np.random.default_rng(5)
    expected = [augment(picture, one_by_one, HARSH) for picture in pictures]
    np.testing.assert_array_equal(augment_batch(pictures, np.random.default_rng(5), HARSH), expected)


def changed(rgb, *settings):
    return color_matrix(*settings) @ [*rgb, 1]


def test_brightness_contrast_and_saturation_by_hand():
    """Of (100, 50, 200): grey is 0.299 * 100 + 0.587 * 50 + 0.114 * 200 = 82.05."""
    rgb = (100, 50, 200)
    np.testing.assert_allclose(changed(rgb, 0, 1, 1, 0), rgb)
    np.testing.assert_allclose(changed(rgb, 0.1, 1, 1, 0), [125.5, 75.5, 225.5])
    np.testing.assert_allclose(changed(rgb, 0, 2, 1, 0), [72.5, -27.5, 272.5])
    np.testing.assert_allclose(changed(rgb, 0, 1, 0, 0), [82.05] * 3)
    np.testing.assert_allclose(changed(rgb, 0, 1, 1.5, 0), [108.975, 33.975, 258.975])


def test_a_third_of_the_colour_circle_turns_red_to_green_to_blue():
    third = 2 * math.pi / 3
    np.testing.assert_allclose(changed((200, 30, 10), 0, 1, 1, third), [10, 200, 30], atol=1e-9)


@pytest.mark.parametrize("settings", [(0, 1, 0.3, 0), (0, 1, 1.7, 0), (0, 1, 1, 0.5), (0, 1, 1.7, -0.5)])
def test_greys_stay_grey_under_saturation_and_hue(settings):
    np.testing.assert_allclose(changed((90, 90, 90), *settings), [90, 90, 90])


def test_light_is_clipped_at_black_and_white():
    bright = [photometric(PICTURE, np.random.default_rng(seed), only(brightness=1)) for seed in range(20)]
    assert min(picture.min() for picture in bright) == 0 and max(picture.max() for picture in bright) == 255
    for picture in bright:
        shift = picture.astype(int) - PICTURE
        inside = (picture > 0) & (picture < 255)
        assert not inside.any() or np.ptp(shift[inside]) <= 1  # rounding


def test_blur_keeps_the_mean_and_lowers_the_contrast():
    noise = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    blurred = photometric(noise, np.random.default_rng(0), only(blur_px=3, blur_share=1))
    assert abs(blurred.mean() - noise.mean()) < 2 and blurred.std() < 0.6 * noise.std()


def test_jpeg_keeps_the_channels_in_order():
    red = np.tile(np.uint8([220, 30, 20]), (16, 24, 1))
    for seed in range(5):
        compressed = photometric(red, np.random.default_rng(seed), only(jpeg_loss=80, jpeg_share=1))
        assert np.abs(compressed.astype(int) - red).max() < 16


def test_a_flip_mirrors_left_to_right_exactly():
    np.testing.assert_array_equal(grown(PICTURE, 0, only(flip_share=1)), PICTURE[:, ::-1])
    flipped = [(grown(PICTURE, seed, only(flip_share=0.5)) != PICTURE).any() for seed in range(400)]
    assert 0.4 < np.mean(flipped) < 0.6  # four standard deviations


def drawn(count=500, **strengths):
    """Source corners of many draws: (count, 4, 2)."""
    rng = np.random.default_rng(0)
    return np.array([source_corners(CORNERS, rng, only(**strengths)) for _ in range(count)])


def test_a_rotation_turns_about_the_middle_and_keeps_lengths():
    corners = drawn(rotate_deg=30)
    np.testing.assert_allclose(corners.mean(axis=1), np.tile([15, 10], (500, 1)), atol=1e-9)
    top = corners[:, 1] - corners[:, 0]
    np.testing.assert_allclose(np.linalg.norm(top, axis=-1), 30)
    angles = np.degrees(np.arctan2(top[:, 1], top[:, 0]))
    assert -30 <= angles.min() < -29 and 29 < angles.max() <= 30


def test_zoom_and_aspect_reach_their_limits_both_ways():
    width, height = np.moveaxis(drawn(zoom=0.5)[:, 2] - drawn(zoom=0.5)[:, 0], -1, 0)
    np.testing.assert_allclose(width / height, 1.5)
    assert 20 <= width.min() < 20.2 and 44.5 < width.max() <= 45
    width, height = np.moveaxis(drawn(aspect=0.5)[:, 2] - drawn(aspect=0.5)[:, 0], -1, 0)
    np.testing.assert_allclose(width * height, 600)
    assert 1 <= (width / height).min() < 1.01 and 2.23 < (width / height).max() <= 2.25


def test_a_shift_and_a_tilt_are_shares_of_the_sides():
    moved = drawn(shift=0.1) - CORNERS
    np.testing.assert_allclose(moved - moved[:, :1], 0, atol=1e-9)
    assert 2.9 < np.abs(moved[..., 0]).max() <= 3 and 1.9 < np.abs(moved[..., 1]).max() <= 2
    tilted = drawn(perspective=0.1) - CORNERS
    assert 2.9 < np.abs(tilted[..., 0]).max() <= 3 and 1.9 < np.abs(tilted[..., 1]).max() <= 2
    assert (tilted.std(axis=1) > 0).all()  # every corner by itself


def test_a_whole_pixel_shift_is_read_from_where_the_corners_say():
    """A generator that always draws its upper limit: a tenth of 40 px right and of 30 px down."""

    class Upper:
        def uniform(self, _, high, size=None):
            return high if size is None else np.full(size, high)

        def random(self):
            return 1.0

    picture = colours(3, (31, 41))
    moved = geometric(picture, Upper(), only(shift=0.1))
    np.testing.assert_array_equal(moved[:-3, :-4], picture[3:, 4:])
    np.testing.assert_array_equal(moved[-1, :-4], picture[-4, 4:])  # reflected about the last row


def test_nothing_outside_turns_black():
    white = np.full((24, 34, 3), 255, np.uint8)
    strengths = only(rotate_deg=180, zoom=1, shift=0.5, perspective=0.2)
    assert all((grown(white, seed, strengths) == 255).all() for seed in range(20))


@pytest.mark.parametrize(
    "setting",
    [{"contrast": -0.1}, {"flip_share": 1.5}, {"jpeg_loss": 100}, {"hue_deg": 200}, {"zoom": float("nan")}],
)
def test_strengths_out_of_range_are_refused_by_name(setting):
    with pytest.raises(ValueError, match=f"Invalid `{next(iter(setting))}`. Expected 0 to"):
        Strengths(**setting)


@pytest.mark.parametrize("picture", [PICTURE[..., 0], PICTURE[None], PICTURE / 255])
def test_what_is_no_rgb_picture_is_refused(picture):
    with pytest.raises(ValueError, match=r"Expected picture \(H, W, 3\) uint8"):
        augment(picture, np.random.default_rng(0), Strengths())
