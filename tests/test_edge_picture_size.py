"""Sizes that first bytes tell: those that a decoder finds, for every kind that it decodes, and none for what is not plainly laid out."""

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from edge_demo.errors import EdgeError
from edge_demo.model import preprocess
from edge_demo.model.picture_size import size_of
from edge_demo.model.preprocess import read_picture
from getnet_tf.data.picture import read_rgb
from getnet_tf.errors import InputError

PICTURE = cv2.resize(np.arange(54, dtype=np.uint8).reshape(3, 6, 3) * 4, (30, 21))  # 30 x 21


def encoded(kind, **options):
    file = io.BytesIO()
    Image.fromarray(PICTURE).save(file, kind, **options)
    return file.getvalue()


def turned(number):
    exif = Image.Exif()
    exif[0x0112] = number
    return exif


CONTENTS = {
    "png": encoded("PNG"),
    "jpeg": encoded("JPEG"),
    "jpeg, progressive": encoded("JPEG", progressive=True),
    "gif": encoded("GIF"),
    "gif, animated": encoded("GIF", save_all=True, append_images=[Image.fromarray(255 - PICTURE)]),
    "bmp": encoded("BMP"),
    "webp": encoded("WEBP"),
    "webp, lossless": encoded("WEBP", lossless=True),
    "webp, extended": encoded("WEBP", exif=turned(1)),
    "tiff": encoded("TIFF"),
    "tiff, 64 bits": encoded("TIFF", big_tiff=True),
    "tiff, big endian": cv2.imencode(".tiff", PICTURE)[1].tobytes(),
    "avif": encoded("AVIF"),
    "avif, animated": encoded("AVIF", save_all=True, append_images=[Image.fromarray(255 - PICTURE)]),
    "jpeg 2000": encoded("JPEG2000"),
    **{suffix: cv2.imencode(suffix, PICTURE)[1].tobytes() for suffix in (".ppm", ".pam", ".ras")},
    **{suffix: cv2.imencode(suffix, PICTURE / np.float32(255))[1].tobytes() for suffix in (".pfm", ".hdr")},
}


@pytest.mark.parametrize("name", CONTENTS)
def test_the_size_is_the_decoders(name):
    content = CONTENTS[name]
    assert size_of(content) == (30, 21)
    assert cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR).shape == (21, 30, 3)


@pytest.mark.parametrize("name", CONTENTS)
def test_cut_anywhere_at_the_beginning_it_is_the_same_or_none(name):
    sizes = {size_of(CONTENTS[name][:length]) for length in range(300)}
    assert sizes <= {(30, 21), None}


def test_what_is_no_picture_has_no_size():
    for content in (b"", b"BM", b"P6 and so on", b"<svg/>", b"\xff\xd8\xff" + b"\xff" * 50_000, bytes(99)):
        assert size_of(content) is None


def large(name):
    """The beginning of a file that asks for 30,000 x 30,000 pixels."""
    content = bytearray(CONTENTS[name])
    place, form = {
        "png": (16, ">II"),
        "gif": (6, "<HH"),
        "bmp": (18, "<ii"),
        "avif": (content.find(b"ispe") + 8, ">II"),
        "jpeg": (content.find(b"\xff\xc0") + 5, ">HH"),
    }[name]
    struct.pack_into(form, content, place, 30_000, 30_000)
    return bytes(content)


@pytest.mark.parametrize("name", ["png", "gif", "bmp", "avif", "jpeg"])
def test_a_picture_that_would_fill_the_memory_is_one_line_and_never_decoded(name, tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(large(name))
    monkeypatch.setattr(preprocess.cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    for read, error in ((read_picture, EdgeError), (read_rgb, InputError)):
        with pytest.raises(error, match="at most 200 million pixels, received 30000x30000"):
            read(tmp_path / "a.png")


@pytest.mark.parametrize("number", range(1, 9))
def test_an_avif_picture_is_turned_upright(number, tmp_path):
    """PIL writes the turn of EXIF data as properties of the file."""
    path = tmp_path / "a.avif"
    path.write_bytes(encoded("AVIF", exif=turned(number)))
    expected = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB")).astype(int)
    assert np.abs(read_rgb(path) - expected).max() <= 2
