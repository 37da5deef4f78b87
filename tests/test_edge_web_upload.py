"""Uploads: what they declare is believed only to refuse them, and nothing large is ever decoded."""

import json
import struct
import zlib

import cv2
import numpy as np
import pytest
from edge_model import write_centroid
from edge_web import served

from edge_demo.errors import EdgeError
from edge_demo.model.picture_size import size_of
from edge_demo.web import upload


def encoded(suffix, height=30, width=50, *options):
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return cv2.imencode(suffix, cv2.blur(picture, (9, 9)), list(options))[1].tobytes()


def png_bomb(width, height):
    """A whole PNG of black pixels, a thousandth of its size: the deflated 100 rows again and again."""

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    row, deflate = bytes(1 + 3 * width), zlib.compressobj(9, wbits=-15)
    part = deflate.compress(100 * row) + deflate.flush(zlib.Z_FULL_FLUSH)
    checksum = struct.pack(">HH", height * len(row) % 65521, 1)  # Adler-32 of zeros
    rows = b"\x78\xda" + height // 100 * part + b"\x03\0" + checksum
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg_of(width, height):
    """A small JPEG that claims another size."""
    content = bytearray(encoded(".jpg"))
    place = content.index(b"\xff\xc0")
    content[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(content)


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        (".jpg", ()),
        (".png", ()),
        (".jpg", (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)),
        (".jpg", (cv2.IMWRITE_JPEG_RST_INTERVAL, 4)),
    ],
)
def test_pictures_tell_their_size(suffix, options):
    content = encoded(suffix, 30, 50, *options)
    assert size_of(content) == (50, 30)
    assert upload.picture_of(content).shape == (30, 50, 3)


def test_large_pictures_are_kept_smaller_and_in_proportion():
    assert upload.picture_of(encoded(".jpg", 1000, 3840)).shape == (500, 1920, 3)


@pytest.mark.parametrize(
    "content",
    [
        png_bomb(30_000, 10_000),
        jpeg_of(65_500, 65_500),
        jpeg_of(10_000, 5_001),
        encoded(".png", 7, 50),
        jpeg_of(0, 0),
    ],
    ids=["png", "jpeg", "one row too many", "too small", "nothing"],
)
def test_too_many_and_too_few_pixels_are_refused_before_they_are_decoded(content, monkeypatch):
    monkeypatch.setattr(upload, "decoded", lambda content: pytest.fail("decoded"))
    assert len(content) < 2**20
    with pytest.raises(EdgeError, match="million"):
        upload.picture_of(content)


def test_the_size_can_not_be_hidden_from_us():
    """Decoders skip bytes between segments, and markers without a length; then the size read here could be another."""
    content = encoded(".jpg")
    for hidden in (b"\x01", b"\xff\x01", b"\xff\xd0", b"\xff\xe0\x00\x01"):
        assert size_of(content[:2] + hidden + content[2:]) is None
    assert size_of(content[:2] + b"\xff\xff" + content[2:]) == (50, 30)  # fill bytes are plain
    png = encoded(".png")
    assert size_of(png[:8] + struct.pack(">I", 0) + b"tEXt" + bytes(4) + png[8:]) is None


@pytest.mark.parametrize("length", range(0, 400, 7))
def test_files_cut_short_raise_no_other_error(length):
    for suffix in (".jpg", ".png"):
        with pytest.raises(EdgeError):
            upload.picture_of(encoded(suffix)[:length])


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    with served(write_centroid(folder / "centroid.tflite"), folder / "things") as client:
        client.wait_for(lambda state: state["frame"])
        client.folder = folder
        yield client


@pytest.mark.parametrize(
    ("content", "status", "line"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "JPEG or PNG"),
        (encoded(".webp"), 415, "JPEG or PNG"),
        (b"GIF89a" + bytes(100), 415, "JPEG or PNG"),
        (png_bomb(30_000, 10_000), 415, "30000x10000"),
        (encoded(".png")[:300], 415, "decode"),
        (bytes(upload.MOST_BYTES + 1), 413, "bytes"),
    ],
    ids=["svg", "webp", "gif", "bomb", "cut", "huge"],
)
def test_other_uploads_are_a_line_and_leave_nothing(client, content, status, line):
    received, _, answer = client.send("POST", "/api/pictures", content, {"Content-Type": "image/png"})
    assert received == status
    error = json.loads(answer)["error"]
    assert line in error and "\n" not in error
    assert not (client.folder / "things").exists()


def test_an_upload_without_a_length_is_counted_as_it_comes(client):
    pieces = (bytes(2**20) for _ in range(upload.MOST_BYTES // 2**20 + 1))
    status, _, answer = client.send("POST", "/api/pictures", pieces, {"Transfer-Encoding": "chunked"})
    assert status == 413
    assert set(json.loads(answer)) == {"error"}


def test_a_compressed_upload_is_not_unpacked(client):
    content = zlib.compress(bytes(2**26))
    headers = {"Content-Type": "image/png", "Content-Encoding": "deflate"}
    status, _, answer = client.send("POST", "/api/pictures", content, headers)
    assert status == 415
    assert str(len(content)) in json.loads(answer)["error"]
