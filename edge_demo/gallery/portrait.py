"""A small picture of an object, for lists of them."""

from __future__ import annotations

import cv2
import numpy as np

SIDE_PX = 128  # of the longer side: twice what a list shows, for fine screens
QUALITY = 85  # of the JPEG, of 100


def portrait(picture_bgr_u8: np.ndarray) -> bytes:
    """A JPEG of a view, (H, W, 3) uint8, made smaller where it is large: some 5 kB, so that a thousand objects have room."""
    height, width = picture_bgr_u8.shape[:2]
    shrunk = SIDE_PX / max(height, width)
    if shrunk < 1:
        wh = max(1, round(width * shrunk)), max(1, round(height * shrunk))
        picture_bgr_u8 = cv2.resize(picture_bgr_u8, wh, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", picture_bgr_u8, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
