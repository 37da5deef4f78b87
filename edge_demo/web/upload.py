"""Pictures from outside: decoded only after their first bytes have told how large they will be, see `model.picture_size`."""

from __future__ import annotations

import cv2
import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.model.picture_size import size_of
from edge_demo.model.preprocess import MIN_SIDE_PX, NoPicture, decoded
from edge_demo.native_log import opencv_silenced

MOST_BYTES = 16 * 2**20
MOST_PIXELS = 50_000_000  # decoded, 150 MB: a stranger's picture may cost less than one's own
LONGEST_SIDE_PX = 1920  # that is kept: the model sees a few hundred
_KINDS = (b"\xff\xd8", b"\x89PNG")  # that a browser sends when it has made a picture smaller


def picture_of(content: bytes) -> np.ndarray:
    """Decodes an upload.

    Args:
        content: of a JPEG or PNG file, at most `MOST_BYTES`.

    Returns:
        (H, W, 3) uint8 BGR, upright, made smaller if a side is above `LONGEST_SIDE_PX`.

    Raises:
        EdgeError: for another kind of file, one cut short, too many or too few pixels.
    """
    declared_wh = size_of(content) if content.startswith(_KINDS) else None
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
    try:
        with opencv_silenced():
            picture_bgr_u8 = decoded(content)
    except NoPicture:
        raise EdgeError(
            f"Expected a whole picture, received {len(content)} bytes that don't decode. Save it again."
        ) from None
    scale = LONGEST_SIDE_PX / max(picture_bgr_u8.shape[:2])
    if scale >= 1:
        return picture_bgr_u8
    sides = (max(MIN_SIDE_PX, round(side * scale)) for side in picture_bgr_u8.shape[1::-1])
    return cv2.resize(picture_bgr_u8, tuple(sides), interpolation=cv2.INTER_AREA)
