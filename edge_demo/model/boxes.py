"""Files that are made of boxes, ISO base media: AVIF, HEIC, JPEG 2000. A box has a length, a kind of four letters, and content."""

from __future__ import annotations

import struct
from collections.abc import Iterator

MOST_PARTS = 10_000  # that are looked at: a file of nothing but heads would take minutes


def boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(kind, content) of each, up to one that is cut short."""
    place = 0
    for _ in range(MOST_PARTS):
        if place + 8 > len(content):
            return
        length, kind = struct.unpack_from(">I4s", content, place)
        head = 8
        if length == 1 and place + 16 <= len(content):  # it follows in 64 bits
            (length,), head = struct.unpack_from(">Q", content, place + 8), 16
        length = length or len(content) - place  # 0: to the end
        if not head <= length <= len(content) - place:
            return
        yield kind, content[place + head : place + length]
        place += length


def box(content: bytes, *kinds: bytes) -> bytes:
    """The content of the first box of a kind, in the first of the kind before, and so on; b"" if there is none."""
    for kind in kinds:
        content = next((inside for found, inside in boxes(content) if found == kind), b"")
        if kind == b"meta":
            content = content[4:]  # a version and flags come before its boxes
    return content
