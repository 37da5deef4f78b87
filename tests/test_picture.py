"""getnet_tf.data.picture: every kind of file in its right colours, and equal to what the edge reads."""

import concurrent.futures
import io
import os

import cv2
import numpy as np
import pytest
from checks import one_line
from photo_files import colours, write_picture
from PIL import Image, ImageOps

from edge_demo.model.preprocess import frame_to_input, read_picture
from getnet_tf.data.picture import decode, read_rgb, stretch
from getnet_tf.errors import InputError


def encoded(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def pil_rgb(content):
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")).astype(int)


def with_orientation(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(Image.fromarray(colours(0)), kind, exif=exif)


def cmyk(kind):
    """Colours with a black plate of their own, so that it matters how the four are combined."""
    plates = np.dstack([colours(0), colours(1)[:, :, 0] // 2])
    return encoded(Image.frombytes("CMYK", (30, 20), plates.tobytes()), kind)


def of_mode(mode, kind="PNG"):
    return encoded(Image.fromarray(colours(0)).convert(mode), kind)


SIXTEEN = (np.arange(20 * 30 * 3).reshape(20, 30, 3) * 36).astype(np.uint16)
CONTENTS = {
    "jpeg": (of_mode("RGB", "JPEG"), 4),  # the second number: grey levels of allowed difference from PIL
    "grey jpeg": (of_mode("L", "JPEG"), 2),
    "cmyk jpeg": (cmyk("JPEG"), 3),
    "cmyk tiff": (cmyk("TIFF"), 2),
    "webp": (of_mode("RGB", "WEBP"), 3),
    "png": (of_mode("RGB"), 0),
    "bmp": (of_mode("RGB", "BMP"), 0),
    "tiff": (of_mode("RGB", "TIFF"), 0),
    "grey png": (of_mode("L"), 0),
    "palette png": (of_mode("P"), 0),
    "black and white png": (of_mode("1"), 0),
    "transparent png": (of_mode("RGBA"), 0),
    "grey and transparent png": (of_mode("LA"), 0),
    **{f"jpeg {n}": (with_orientation("JPEG", n), 4) for n in range(1, 9)},
    **{f"{kind} 6": (with_orientation(kind, 6), 3) for kind in ("PNG", "WEBP", "TIFF")},
}


@pytest.mark.parametrize("name", CONTENTS)
def test_colours_and_direction_are_what_pil_sees(name):
    content, difference = CONTENTS[name]
    picture, expected = decode(content), pil_rgb(content)
    assert picture.shape == expected.shape and picture.dtype == np.uint8
    assert np.abs(picture - expected).max() <= difference


@pytest.mark.parametrize("name", [*CONTENTS, "16-bit png"])
def test_it_is_the_twin_of_the_edge(name, tmp_path):
    content = CONTENTS[name][0] if name in CONTENTS else cv2.imencode(".png", SIXTEEN)[1].tobytes()
    (tmp_path / "a").write_bytes(content)
    np.testing.assert_array_equal(read_rgb(tmp_path / "a")[:, :, ::-1], read_picture(tmp_path / "a"))


@pytest.mark.parametrize(
    ("picture_bgr", "channel"), [(SIXTEEN, slice(None, None, -1)), (SIXTEEN[:, :, 0], 0)]
)
def test_of_16_bits_the_upper_8_stay(picture_bgr, channel):
    expected = picture_bgr >> 8
    picture = decode(cv2.imencode(".png", picture_bgr)[1].tobytes())
    np.testing.assert_array_equal(picture[:, :, channel], expected)
    assert picture.shape == (20, 30, 3)


def test_red_is_the_first_channel(tmp_path):
    Image.new("RGB", (12, 10), (250, 20, 5)).save(tmp_path / "red.png")
    np.testing.assert_array_equal(read_rgb(tmp_path / "red.png")[3, 4], [250, 20, 5])


def test_a_large_picture_is_reduced_to_its_means_and_a_small_one_stays(tmp_path):
    """40 x 60, longer side at most 15: blocks of 4 x 4."""
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "a.png")
    means = picture.reshape(10, 4, 15, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(read_rgb(tmp_path / "a.png", max_side=15), means, atol=0.51)
    for max_side in (60, 100, None):
        np.testing.assert_array_equal(read_rgb(tmp_path / "a.png", max_side), picture)


def test_a_sliver_keeps_at_least_a_pixel():
    content = encoded(Image.new("RGB", (8, 400)), "PNG")
    assert decode(content, max_side=10).shape == (10, 1, 3)


def test_stretching_is_the_twin_of_the_edge():
    from edge_model import PALETTE

    for seed, hw in enumerate([(20, 30), (7, 9), (48, 80), (101, 33)]):
        picture = colours(seed, hw)
        expected = frame_to_input(np.ascontiguousarray(picture[:, :, ::-1]), PALETTE)[0]
        ours = stretch(picture, PALETTE.image_hw)
        np.testing.assert_array_equal(ours.astype(np.float32) / 255, expected)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_half_a_file_is_one_line(kind, share, tmp_path):
    content = of_mode("RGB", kind)
    (tmp_path / "half").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(
        InputError, match=r"half: expected a whole picture, received \d+ bytes.*Replace"
    ) as caught:
        read_rgb(tmp_path / "half")
    assert one_line(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "received 0 bytes"),
        (b"holiday.jpg is in the other folder", "another kind of file"),
        (encoded(Image.new("RGB", (30, 7)), "PNG"), "at least 8x8 pixels, received 30x7"),
    ],
)
def test_what_is_no_usable_picture_is_one_line(content, message, tmp_path):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_rgb(tmp_path / "a.jpg")
    assert one_line(caught.value) and "a.jpg" in str(caught.value)


def test_a_missing_file_and_a_folder_are_one_line(tmp_path):
    for path, message in ((tmp_path / "gone.png", "no such file"), (tmp_path, "directory")):
        with pytest.raises(InputError, match=message) as caught:
            read_rgb(path)
        assert one_line(caught.value)


def test_many_threads_read_at_once_and_stderr_survives(tmp_path):
    path = write_picture(tmp_path / "a.png", hw=(200, 200))
    before = os.fstat(2)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(read_rgb, [path] * 40))
    assert all((picture == pictures[0]).all() for picture in pictures)
    assert os.path.samestat(before, os.fstat(2))
