"""Odd remarks in PNG files are not printed about, and no pixel is another."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from edge_demo.model.png_remarks import without_remarks
from edge_demo.model.preprocess import NoPicture, decoded

BEGIN = 8 + 12 + 13  # signature and header


def chunk(kind, said):
    return struct.pack(">I", len(said)) + kind + said + struct.pack(">I", zlib.crc32(kind + said))


@pytest.fixture
def picture(rng):
    return rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)


@pytest.fixture
def content(picture):
    return cv2.imencode(".png", picture)[1].tobytes()


def test_odd_remarks_are_nothing_that_anybody_hears_of(picture, content, capfd):
    odd = chunk(b"iCCP", b"x\0\0no profile") + chunk(b"zTXt", b"k\0\0no zlib") + chunk(b"cHRM", b"")
    noted = content[:BEGIN] + odd + content[BEGIN:]
    cv2.imdecode(np.frombuffer(noted, np.uint8), cv2.IMREAD_COLOR)
    assert "libpng warning" in capfd.readouterr().err
    np.testing.assert_array_equal(decoded(noted), picture)
    assert capfd.readouterr().err == ""
    assert without_remarks(noted) == without_remarks(content)


def test_how_it_is_turned_is_no_remark(picture, content):
    """Orientation 6: to be turned by a quarter clockwise."""
    exif = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0) + b"\0\0\0\0"
    turned = content[:BEGIN] + chunk(b"eXIf", exif) + content[BEGIN:]
    np.testing.assert_array_equal(decoded(turned), cv2.rotate(picture, cv2.ROTATE_90_CLOCKWISE))


@pytest.mark.parametrize("left", [8, 20, BEGIN, BEGIN + 6, 200])
def test_what_is_cut_short_stays_so(content, left, capfd):
    assert len(without_remarks(content[:left])) == left
    with pytest.raises(NoPicture):
        decoded(content[:left])


def test_other_files_are_as_they_were():
    assert without_remarks(b"\xff\xd8jpeg") == b"\xff\xd8jpeg"
    assert without_remarks(b"") == b""
