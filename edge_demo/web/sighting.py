"""One time that an object was seen, with a small picture of it."""

from __future__ import annotations

import dataclasses
import datetime

import cv2
import numpy as np

WIDTH_PX, QUALITY = 480, 80  # of a JPEG


@dataclasses.dataclass(frozen=True)
class Sighting:
    """An object came, and perhaps went."""

    number: int  # counts from 1
    name: str  # as it was called then
    color: str  # "#rrggbb"
    score: float  # in [0, 1]
    since: datetime.datetime  # UTC
    jpeg: bytes
    until: datetime.datetime | None = None  # None: it is still there


def small_jpeg(picture_bgr_u8: np.ndarray) -> bytes:
    """A picture, (H, W, 3) uint8, as the JPEG of a sighting."""
    height, width = picture_bgr_u8.shape[:2]
    if width > WIDTH_PX:
        wh = WIDTH_PX, max(1, round(height * WIDTH_PX / width))
        picture_bgr_u8 = cv2.resize(picture_bgr_u8, wh, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", picture_bgr_u8, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return jpeg.tobytes()


def hex_of(color_bgr: tuple[int, int, int]) -> str:
    """A colour as style sheets have it."""
    blue, green, red = color_bgr
    return f"#{red:02x}{green:02x}{blue:02x}"
