"""Pictures small enough to put hundreds of them into a page, and places in them that would be too small to judge."""

import base64
import dataclasses
import pathlib

import cv2
import numpy as np

from getnet_tf.data.picture import DamagedPicture, decode, read_content

SIDE_PX = 320  # the longer side of a thumbnail
QUALITY = 80  # of its JPEG
TOO_SMALL_PX = 96  # a box whose longer side is shorter than this in the thumbnail is shown from near, too
AROUND = 2.0  # sides of the area that is shown from near, in sides of the box


@dataclasses.dataclass(frozen=True)
class CloseUp:
    """A box from near."""

    area_px: tuple[int, int, int, int]  # (xmin, ymin, xmax, ymax) of the picture
    uri: str  # JPEG


def thumbnails(path, boxes_px):
    """A picture for a page.

    Args:
        path: of the picture.
        boxes_px: list of (xmin, ymin, xmax, ymax), pixels of the upright picture.

    Returns:
        (data URI of a JPEG or None if the picture can't be used, list with a `CloseUp` or None for each box).
    """
    try:
        picture = decode(read_content(pathlib.Path(path)))
    except DamagedPicture:
        return None, [None] * len(boxes_px)
    return thumbnail(picture), [_close_up(picture, box_px) for box_px in boxes_px]


def _close_up(picture, box_px):
    """The area around a box, if it is shown larger there than in the thumbnail."""
    height, width = picture.shape[:2]
    xmin, ymin, xmax, ymax = box_px
    side, shrunk = max(xmax - xmin, ymax - ymin), min(1, SIDE_PX / max(height, width))
    if shrunk == 1 or side * shrunk >= TOO_SMALL_PX:
        return None
    # A square, so that a flat box has something around it, too.
    half, x, y = max(side * AROUND, SIDE_PX / 4) / 2, (xmin + xmax) / 2, (ymin + ymax) / 2
    area = np.clip([x - half, y - half, x + half, y + half], 0, [width, height, width, height])
    left, top, right, bottom = (round(float(edge)) for edge in area)
    if min(right - left, bottom - top) < 1:
        return None
    return CloseUp((left, top, right, bottom), thumbnail(picture[top:bottom, left:right]))


def thumbnail(picture):
    """(H, W, 3) uint8, RGB, as a data URI, shrunk where it is large."""
    height, width = picture.shape[:2]
    shrunk = SIDE_PX / max(height, width)
    if shrunk < 1:
        wh = max(1, round(width * shrunk)), max(1, round(height * shrunk))
        picture = cv2.resize(picture, wh, interpolation=cv2.INTER_AREA)
    pixels = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    content = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    return f"data:image/jpeg;base64,{base64.b64encode(content.tobytes()).decode()}"
