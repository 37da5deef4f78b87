"""Network inputs against an independent computation, and pictures of every kind, whole and broken."""

import dataclasses

import cv2
import numpy as np
import pytest
from edge_model import CENTROID, PALETTE

from edge_demo.errors import EdgeError
from edge_demo.model.preprocess import frame_to_input, read_picture, reference_to_input


@pytest.fixture
def frame_bgr_u8():
    """Four times the 12x20 of the models' images, of random squares of 4x4."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (48, 80, 3), dtype=np.uint8)


def block_means(frame_bgr_u8, size):
    """What averaging by area is for a whole-number factor, in plain NumPy, rounded to 8 bits."""
    height, width = frame_bgr_u8.shape[0] // size, frame_bgr_u8.shape[1] // size
    return np.round(frame_bgr_u8.reshape(height, size, width, size, 3).mean(axis=(1, 3)))


def test_rgb_input_is_the_mean_of_each_block_in_rgb_order(frame_bgr_u8):
    image = frame_to_input(frame_bgr_u8, PALETTE)
    assert image.shape == (1, 12, 20, 3)
    assert image.dtype == np.float32
    expected = block_means(frame_bgr_u8, 4)[:, :, ::-1] / 255
    np.testing.assert_allclose(image[0], expected, atol=1.01 / 255)  # OpenCV may round a tie the other way


def test_gray_input_is_the_luma_of_the_resized_colours(frame_bgr_u8):
    """Luma weights 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), of the averaged and rounded colours."""
    image = frame_to_input(frame_bgr_u8, CENTROID)
    assert image.shape == (1, 12, 20, 1)
    expected = block_means(frame_bgr_u8, 4) @ [0.114, 0.587, 0.299] / 255
    np.testing.assert_allclose(image[0, :, :, 0], expected, atol=1.6 / 255)


def test_resizing_comes_before_the_conversion_to_gray():
    """The two orders round differently: on noise, some pixels tell them apart."""
    noise = np.random.default_rng(1).integers(0, 256, (48, 80, 3), dtype=np.uint8)
    resized = cv2.resize(noise, (20, 12), interpolation=cv2.INTER_AREA)
    resized_first = cv2.cvtColor(resized, cv2.COLOR_BGR2GRAY)
    gray_first = cv2.resize(cv2.cvtColor(noise, cv2.COLOR_BGR2GRAY), (20, 12), interpolation=cv2.INTER_AREA)
    assert (resized_first != gray_first).any()
    np.testing.assert_array_equal(
        frame_to_input(noise, CENTROID)[0, :, :, 0], resized_first / np.float32(255)
    )


def test_a_gray_frame_keeps_its_grey_levels_exactly():
    levels = np.arange(240, dtype=np.uint8).reshape(12, 20)
    image = frame_to_input(np.repeat(levels[:, :, None], 3, axis=2), CENTROID)
    np.testing.assert_array_equal(image[0, :, :, 0], levels / np.float32(255))


def test_a_frame_is_stretched_and_not_letterboxed():
    """The left half white: the left half of the input is white, whatever the frame's shape."""
    frame_bgr_u8 = np.zeros((36, 200, 3), np.uint8)
    frame_bgr_u8[:, :100] = 255
    image = frame_to_input(frame_bgr_u8, CENTROID)[0, :, :, 0]
    assert (image[:, :10] == 1).all()
    assert (image[:, 10:] == 0).all()


def test_a_reference_is_stretched_to_the_crop(frame_bgr_u8):
    wide = dataclasses.replace(PALETTE, crop_hw=(6, 10))
    expected = block_means(frame_bgr_u8, 8)[:, :, ::-1] / 255
    np.testing.assert_allclose(reference_to_input(frame_bgr_u8, wide)[0], expected, atol=1.01 / 255)


@pytest.mark.parametrize("shape", [(12, 20), (12, 20, 4), (1, 12, 20, 3)])
def test_what_is_not_a_bgr_frame_is_refused(shape):
    with pytest.raises(ValueError, match=r"Expected \(H, W, 3\) uint8"):
        frame_to_input(np.zeros(shape, np.uint8), CENTROID)


def test_a_float_frame_is_refused():
    with pytest.raises(ValueError, match="float32"):
        frame_to_input(np.zeros((12, 20, 3), np.float32), CENTROID)


def test_a_colour_picture_is_read_as_it_is(tmp_path, frame_bgr_u8):
    cv2.imwrite(str(tmp_path / "a.png"), frame_bgr_u8)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png"), frame_bgr_u8)


def test_sixteen_bits_gray_and_alpha_become_eight_bit_bgr(tmp_path, frame_bgr_u8):
    gray = frame_bgr_u8[:, :, 0]
    cv2.imwrite(str(tmp_path / "16.png"), gray.astype(np.uint16) * 256)
    cv2.imwrite(str(tmp_path / "gray.png"), gray)
    cv2.imwrite(str(tmp_path / "alpha.png"), np.dstack([frame_bgr_u8, gray]))
    three = np.repeat(gray[:, :, None], 3, axis=2)
    np.testing.assert_array_equal(read_picture(tmp_path / "16.png"), three)
    np.testing.assert_array_equal(read_picture(tmp_path / "gray.png"), three)
    np.testing.assert_array_equal(read_picture(tmp_path / "alpha.png"), frame_bgr_u8)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_a_picture_cut_short_is_one_line_and_nothing_else(tmp_path, capfd, frame_bgr_u8, suffix, share):
    path = tmp_path / f"cut.{suffix}"
    content = cv2.imencode(path.suffix, frame_bgr_u8)[1].tobytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(EdgeError, match=r"cut\.\w+: expected a whole picture, [^\n]*cut short[^\n]*$"):
        read_picture(path)
    assert capfd.readouterr().err == ""


def test_missing_empty_foreign_and_tiny_pictures_say_what_they_are(tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("hello")
    cv2.imwrite(str(tmp_path / "tiny.png"), np.zeros((100, 7, 3), np.uint8))
    for name, reason in [
        ("none.png", "found no such file"),
        ("empty.png", "received 0 bytes"),
        ("text.png", "received 5 bytes"),
        ("tiny.png", "received 7x100"),
        (".", "Is a directory"),
    ]:
        with pytest.raises(EdgeError, match=reason):
            read_picture(tmp_path / name)
