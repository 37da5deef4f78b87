"""What PNG files say beside their picture, of which libpng complains on stderr, from whatever thread, where it is odd: profiles, texts, times."""

from __future__ import annotations

import struct

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_READ = (b"tRNS", b"eXIf", b"acTL", b"fcTL", b"fdAT")  # besides those without which there is no picture
_FRAME_BYTES = 12  # of a chunk: its length, its kind and its checksum
_MOST_CHUNKS = 100_000  # looked at, in a tenth of a second: a picture of 1 GB has as many, an attack millions


def without_remarks(content: bytes) -> bytes:
    """The bytes of a PNG file without the chunks that say nothing of its pixels or how it is turned; of any other file all of them."""
    if not content.startswith(_SIGNATURE):
        return content
    view, kept, place = memoryview(content), [_SIGNATURE], len(_SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        if place + _FRAME_BYTES > len(content):
            break
        length, kind = struct.unpack_from(">I4s", content, place)
        end = place + _FRAME_BYTES + length
        if kind[:1].isupper() or kind in _READ:  # a capital: what no reader may leave out
            kept.append(view[place:end])
        place = end
    return b"".join([*kept, view[place:]])
