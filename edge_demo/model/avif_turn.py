"""How an AVIF picture is to be turned: OpenCV leaves it as its camera held it, and heeds EXIF data alone.

Source: ISO/IEC 23008-12, 6.5.10 and 6.5.12; MIAF has a picture turned first and mirrored then.
"""

from __future__ import annotations

import struct

import numpy as np

from edge_demo.model.boxes import box, boxes


def turned_upright(picture: np.ndarray, content: bytes) -> np.ndarray:
    """A decoded picture (H, W, 3) as the properties in its file's bytes say; any other kind of file leaves it as it is."""
    if not content.startswith(b"ftypavi", 4):
        return picture
    try:
        properties = _of_first(content)
    except (struct.error, IndexError):  # cut short; the decoder took it
        return picture
    for kind, inside in properties:
        if kind == b"irot" and inside:
            picture = np.rot90(picture, inside[0] & 3)  # quarters, anticlockwise
        if kind == b"imir" and inside:
            picture = picture[:, ::-1] if inside[0] & 1 else picture[::-1]
    return np.ascontiguousarray(picture)


def _of_first(content: bytes) -> list[tuple[bytes, bytes]]:
    """The properties of the primary item: [(kind, content)], in the order in which they are to be applied."""
    meta = box(content, b"meta")
    primary, all_of_them = box(meta, b"pitm"), box(meta, b"iprp")
    if not primary or not all_of_them:
        return []
    (item,) = struct.unpack_from(">I" if primary[0] else ">H", primary, 4)
    known = list(boxes(box(all_of_them, b"ipco")))
    links = box(all_of_them, b"ipma")
    long_item, long_index = links[0] > 0, links[3] & 1
    (count,) = struct.unpack_from(">I", links, 4)
    place = 8
    for _ in range(count):
        (number,) = struct.unpack_from(">I" if long_item else ">H", links, place)
        place += 4 if long_item else 2
        amount, place = links[place], place + 1
        indices = struct.unpack_from(f">{amount}{'H' if long_index else 'B'}", links, place)
        place += amount * (2 if long_index else 1)
        if number == item:
            plain = [index & (0x7FFF if long_index else 0x7F) for index in indices]
            return [known[index - 1] for index in plain if 0 < index <= len(known)]
    return []
