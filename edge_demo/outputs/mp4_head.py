"""The decoder's settings in an MP4's head.

Why it exists: OpenCV copies encoded frames into an MP4 without them. FFmpeg and what is built on it find them in
the first frame too; other players look in the head only (ISO 14496-1, 7.2.6: DecoderSpecificInfo).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

# The boxes from the outermost to the one that wants the settings, and where in each the inner boxes begin.
_PATH = ((b"moov", 8), (b"trak", 8), (b"mdia", 8), (b"minf", 8), (b"stbl", 8), (b"stsd", 16), (b"mp4v", 86))
_CONFIG_BYTES = 13  # of the decoder's description in front of the settings
_LONGEST = 2**28 - 1  # that a length of four times 7 bits can say


def add_settings(path: Path, settings: bytes) -> bool:
    """Puts the settings into a file of one MPEG-4 track, as FFmpeg writes it: the head behind the frames.

    Returns:
        Whether it was done; a file that is laid out otherwise stays as it is.
    """
    if not has_head(path):
        return False
    with path.open("r+b") as file:
        start = _last_box(file)
        file.seek(start)
        head = with_settings(file.read(), settings)
        if head is None:
            return False
        file.seek(start)
        file.write(head)
    return True


def has_head(path: Path) -> bool:
    """Whether a file ends with a whole head, so that who wrote it came to its end.

    Raises:
        OSError: if it can't be opened.
    """
    with path.open("rb") as file:
        start = _last_box(file)
        file.seek(start)
        begin = file.read(8)
        return begin[4:] == b"moov" and start + _size(begin, 0) == file.seek(0, 2)


def with_settings(head: bytes, settings: bytes) -> bytes | None:
    """The box `moov` with the settings inside; None if it has them or is laid out otherwise."""
    boxes, begin, end = [], 0, len(head)
    for kind, inner in (*_PATH, (b"esds", 0)):
        found = _box(head, begin, end, kind)
        if found is None:
            return None
        boxes.append(found)
        begin, end = found + inner, found + _size(head, found)
    # esds: 8 bytes of box, 4 of version; 0x03, its length in 4 bytes, 3 bytes; 0x04, its length in 4 bytes, 13 bytes.
    stream, decoder = boxes[-1] + 12, boxes[-1] + 20
    at = decoder + 5 + _CONFIG_BYTES
    if (head[stream : stream + 1], head[decoder : decoder + 1], head[at : at + 1]) != (
        b"\x03",
        b"\x04",
        b"\x06",
    ):
        return None
    added = b"\x05" + _length_of(len(settings)) + settings
    patched = bytearray(head)
    for box in boxes:
        struct.pack_into(">I", patched, box, _size(head, box) + len(added))
    for descriptor in (stream, decoder):
        length = _length(head[descriptor + 1 : descriptor + 5]) + len(added)
        patched[descriptor + 1 : descriptor + 5] = _length_of(length)
    return bytes(patched[:at] + added + patched[at:])


def _last_box(file: BinaryIO) -> int:
    """Where the last of the outermost boxes begins."""
    end, start, following = file.seek(0, 2), 0, 0
    while following < end:
        start = following
        file.seek(start)
        header = file.read(16)
        size = struct.unpack(">I", header[:4])[0] if len(header) >= 8 else 0
        if size == 1 and len(header) == 16:  # more than 4 GiB
            size = struct.unpack(">Q", header[8:])[0]
        if size < 8:  # no MP4
            break
        following = start + size
    return start


def _box(data: bytes, begin: int, end: int, kind: bytes) -> int | None:
    """Where the first box of a kind begins."""
    while begin + 8 <= end:
        if data[begin + 4 : begin + 8] == kind:
            return begin
        if _size(data, begin) < 8:
            return None
        begin += _size(data, begin)
    return None


def _size(data: bytes, box: int) -> int:
    return struct.unpack_from(">I", data, box)[0]


def _length(four: bytes) -> int:
    """A length in four times 7 bits."""
    return sum((byte & 0x7F) << shift for byte, shift in zip(four, (21, 14, 7, 0), strict=True))


def _length_of(length: int) -> bytes:
    if length > _LONGEST:
        raise ValueError(f"Invalid length. Expected at most {_LONGEST}, received {length}.")
    return bytes(
        [(length >> shift & 0x7F) | more for shift, more in ((21, 128), (14, 128), (7, 128), (0, 0))]
    )
