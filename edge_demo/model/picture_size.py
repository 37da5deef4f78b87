"""How large a picture will be, told by the first bytes of its file, before anything is decoded.

A few kB can ask for gigabytes. So sizes are read here, more strictly than decoders do, who skip what they don't know: what is not
plainly laid out has no size, and is refused.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from edge_demo.model.boxes import MOST_PARTS, box, boxes

MOST_PIXELS = 200_000_000  # a phone's largest; decoded, 600 MB
BEGIN_BYTES = 16

_JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers of a frame's size, SOF0 to SOF15
_JPEG_BARE = {
    0x01,
    *range(0xD0, 0xDA),
}  # markers without a length, and the start of data: none belongs before a size
_PNM = re.compile(rb"P[1-6Ff](?:\s|#[^\n]*\n)+(\d{1,9})(?:\s|#[^\n]*\n)+(\d{1,9})\s")
_PAM = re.compile(rb"P7\s(?:[^\n]*\n)*?WIDTH (\d{1,9})\s+HEIGHT (\d{1,9})\s")
_HDR = re.compile(rb"#\?R[^\0]{0,500}?\n-Y (\d{1,9}) \+X (\d{1,9})\n")

Size = tuple[int, int]  # (width, height), pixels, before the picture is turned upright


def size_of(content: bytes) -> Size | None:
    """What a file's bytes declare; None for what is no picture of a known kind, or not plainly laid out."""
    for begin, place, read in _KINDS:
        if content.startswith(begin, place):
            try:
                return read(content)
            except (struct.error, IndexError, OverflowError):  # cut short, or it points anywhere
                return None
    return None


def begins_as_picture(content: bytes) -> bool:
    """Whether the first `BEGIN_BYTES` of a file, or more, are those of a picture; two letters alone would be those of many a text."""
    return any(len(begin) > 2 and content.startswith(begin, place) for begin, place, _ in _KINDS) or (
        content.startswith((b"ftyphei", b"ftyphev"), 4)  # HEIC, whose size nobody needs who can't decode it
    )


def _png(content: bytes) -> Size | None:
    return struct.unpack_from(">II", content, 16) if content[8:16] == b"\0\0\0\rIHDR" else None


def _jpeg(content: bytes) -> Size | None:
    place = 2
    for _ in range(MOST_PARTS):
        if content[place] != 0xFF:
            return None
        marker = content[place + 1]
        if marker == 0xFF:  # a fill byte
            place += 1
            continue
        length, height, width = struct.unpack_from(">HxHH", content, place + 2)
        if marker in _JPEG_SIZES:
            return width, height
        if marker in _JPEG_BARE or length < 2:
            return None
        place += 2 + length
    return None


def _gif(content: bytes) -> Size:
    return struct.unpack_from("<HH", content, 6)


def _bmp(content: bytes) -> Size:
    (header,) = struct.unpack_from("<I", content, 14)
    width, height = struct.unpack_from("<HH" if header == 12 else "<ii", content, 18)
    return abs(width), abs(height)  # below 0: from the top down


def _webp(content: bytes) -> Size | None:
    kind = content[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        sides = struct.unpack_from("<HBHB", content, 24)
        return sides[0] + (sides[1] << 16) + 1, sides[2] + (sides[3] << 16) + 1
    return None


def _tiff(content: bytes) -> Size | None:
    order = "<" if content[:1] == b"I" else ">"
    big = struct.unpack_from(f"{order}H", content, 2)[0] == 43
    (place,) = struct.unpack_from(f"{order}{'Q' if big else 'I'}", content, 8 if big else 4)
    (entries,) = struct.unpack_from(f"{order}{'Q' if big else 'H'}", content, place)
    place, step, value_at = (place + 8, 20, 12) if big else (place + 2, 12, 8)
    sides = {}
    for entry in range(place, place + step * min(entries, MOST_PARTS), step):
        tag, kind = struct.unpack_from(f"{order}HH", content, entry)
        letter = {3: "H", 4: "I", 16: "Q"}.get(kind)
        if tag in (256, 257) and letter:
            (side,) = struct.unpack_from(f"{order}{letter}", content, entry + value_at)
            sides[tag] = max(side, sides.get(tag, 0))  # said twice, who knows which is believed
    return (sides[256], sides[257]) if len(sides) == 2 else None


def _avif(content: bytes) -> Size | None:
    """The largest of what it holds: a picture may be put together of tiles, which are declared, too."""
    properties = box(content, b"meta", b"iprp", b"ipco")
    sizes = [struct.unpack_from(">II", inside, 4) for kind, inside in boxes(properties) if kind == b"ispe"]
    for kind, track in boxes(box(content, b"moov")):  # of an animation
        if kind == b"trak":
            sides = struct.unpack(">II", box(track, b"tkhd")[-8:])
            sizes.append((sides[0] >> 16, sides[1] >> 16))
    return max(sizes, key=lambda wh: wh[0] * wh[1], default=None)


def _jpeg2000(content: bytes) -> Size | None:
    stream = content if content.startswith(b"\xff\x4f") else box(content, b"jp2c")
    if not stream.startswith(b"\xff\x4f\xff\x51"):
        return None
    right, bottom, left, top = struct.unpack_from(">IIII", stream, 8)
    return right - left, bottom - top


def _sun(content: bytes) -> Size:
    return struct.unpack_from(">II", content, 4)


def _text(pattern: re.Pattern[bytes], *order: int) -> Callable[[bytes], Size | None]:
    def read(content: bytes) -> Size | None:
        found = pattern.match(content, 0, 4096)
        return (int(found[order[0]]), int(found[order[1]])) if found else None

    return read


# (how it begins, from which byte on, what reads its size)
_KINDS: tuple[tuple[bytes, int, Callable[[bytes], Size | None]], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, _png),
    (b"\xff\xd8\xff", 0, _jpeg),
    (b"GIF8", 0, _gif),
    (b"BM", 0, _bmp),
    (b"WEBP", 8, _webp),
    *((begin, 0, _tiff) for begin in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    *((b"ftyp" + brand, 4, _avif) for brand in (b"avif", b"avis", b"mif1", b"msf1", b"miaf")),
    (b"jP  ", 4, _jpeg2000),
    (b"\xff\x4f\xff\x51", 0, _jpeg2000),
    (b"\x59\xa6\x6a\x95", 0, _sun),
    (b"P7", 0, _text(_PAM, 1, 2)),
    (b"P", 0, _text(_PNM, 1, 2)),
    (b"#?R", 0, _text(_HDR, 2, 1)),
)
