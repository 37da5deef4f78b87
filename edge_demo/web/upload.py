"""Pictures from outside: decoded only after their first bytes have told how large they will be.

A few kB of JPEG or PNG can ask for gigabytes. So the size is read here, more strictly than decoders do, who skip what they
don't know: what is not plainly laid out is refused.
"""

from __future__ import annotations

import struct

import cv2
import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.model.preprocess import MIN_SIDE_PX, decoded
from edge_demo.native_log import opencv_silenced

MOST_BYTES = 16 * 2**20
MOST_PIXELS = 50_000_000  # a phone's largest; decoded, 150 MB
LONGEST_SIDE_PX = 1920  # that is kept: the model sees a few hundred

_PNG = b"\x89PNG\r\n\x1a\n"
_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # JPEG's markers of a frame's size, SOF0 to SOF15
_BARE = {
    0x01,
    *range(0xD0, 0xDA),
}  # its markers without a length, and the start of data: none belongs before a size


def picture_of(content: bytes) -> np.ndarray:
    """Decodes an upload.

    Args:
        content: of a JPEG or PNG file, at most `MOST_BYTES`.

    Returns:
        (H, W, 3) uint8 BGR, upright, made smaller if a side is above `LONGEST_SIDE_PX`.

    Raises:
        EdgeError: for another kind of file, one cut short, too many or too few pixels.
    """
    declared_wh = size_of(content)
    if declared_wh is None:
        raise EdgeError(
            f"Expected a JPEG or PNG picture, received {len(content)} bytes of something else. Save it as JPEG."
        )
    width, height = declared_wh
    if width * height > MOST_PIXELS or min(width, height) < MIN_SIDE_PX:
        raise EdgeError(
            f"Expected a picture of {MIN_SIDE_PX} pixels a side to {MOST_PIXELS // 10**6} million in all, received "
            f"{width}x{height}. Use another size."
        )
    with opencv_silenced():
        picture_bgr_u8 = decoded(np.frombuffer(content, np.uint8))
    if picture_bgr_u8 is None:
        raise EdgeError(
            f"Expected a whole picture, received {len(content)} bytes that don't decode. Save it again."
        )
    scale = LONGEST_SIDE_PX / max(picture_bgr_u8.shape[:2])
    if scale >= 1:
        return picture_bgr_u8
    sides = (max(MIN_SIDE_PX, round(side * scale)) for side in picture_bgr_u8.shape[1::-1])
    return cv2.resize(picture_bgr_u8, tuple(sides), interpolation=cv2.INTER_AREA)


def size_of(content: bytes) -> tuple[int, int] | None:
    """(width, height) in pixels that a JPEG or PNG file declares; None for anything else."""
    if content.startswith(_PNG):
        plain = content[8:16] == b"\0\0\0\rIHDR" and len(content) >= 24
        return struct.unpack(">II", content[16:24]) if plain else None
    place = 2
    while content.startswith(b"\xff\xd8") and place + 9 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xFF:  # a fill byte
            place += 1
            continue
        if marker in _SIZES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        (length,) = struct.unpack(">H", content[place + 2 : place + 4])
        if marker in _BARE or length < 2:
            return None
        place += 2 + length
    return None
