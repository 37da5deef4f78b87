"""A picture laid on a canvas: in a size, turned by an angle, with its middle at a place; and a part of a frame read the other way."""

from __future__ import annotations

import functools

import cv2
import numpy as np

Hw = tuple[int, int]
Point = tuple[float, float]  # (x, y), pixels, as edges
SMALLER = 0.6  # factor below which a picture is made smaller by area first, as bilinear reading would leave pixels out


def laid(
    picture: np.ndarray, factor: float, angle_deg: float, middle: Point, to: Point, wh: tuple[int, int]
) -> np.ndarray:
    """A picture read so that a point of it, `middle`, lies at `to`, the rest round it, larger by a factor and turned.

    Args:
        picture: (H, W) or (H, W, C), uint8 or float32.
        factor: pixels of the result per pixel of the picture.
        angle_deg: clockwise as seen.
        middle: in pixels of the picture.
        to: in pixels of the result.
        wh: (width, height) of the result.

    Returns:
        (height, width[, C]), same dtype; beyond the picture, the pixels at its edge go on.
    """
    picture, middle = _part(picture, middle, np.hypot(*wh) / factor)
    if factor < SMALLER:
        wanted = [max(round(length * factor), 1) for length in picture.shape[1::-1]]
        shrunk = np.array(wanted) / picture.shape[1::-1]
        picture = cv2.resize(picture, wanted, interpolation=cv2.INTER_AREA)
        middle = (middle[0] * shrunk[0], middle[1] * shrunk[1])
        scale = factor / shrunk
    else:
        scale = np.array([factor, factor])
    angle = np.deg2rad(angle_deg)
    linear = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    # OpenCV has pixel centres at integers, where edges have them at halves.
    offset = np.array(to) - 0.5 - linear @ (np.array(middle) - 0.5)
    return cv2.warpAffine(
        picture,
        np.hstack([linear, offset[:, None]]),
        wh,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def extent(wh: np.ndarray | tuple[float, float], angle_deg: float) -> np.ndarray:
    """(width, height) of the upright box round a rectangle that is turned by an angle: (2,) float."""
    return _turned(angle_deg) @ np.array(wh, float)


def round_extent(wh: np.ndarray | tuple[float, float], angle_deg: float) -> np.ndarray:
    """The same round the ellipse that fills the rectangle: what things that leave their picture's corners empty reach."""
    return np.sqrt(_turned(angle_deg) ** 2 @ np.array(wh, float) ** 2)


def _part(picture: np.ndarray, middle: Point, reach: float) -> tuple[np.ndarray, Point]:
    """What of a picture lies within reach of a point of it, and that point there: a large frame is not resized for a small part."""
    low = [
        int(np.clip(at - reach, 0, length - 1))
        for at, length in zip(middle, picture.shape[1::-1], strict=True)
    ]
    high = [int(max(at + reach + 2, least + 1)) for at, least in zip(middle, low, strict=True)]
    return picture[low[1] : high[1], low[0] : high[0]], (middle[0] - low[0], middle[1] - low[1])


@functools.lru_cache(maxsize=64)  # a search asks for the same few, hundreds of times
def _turned(angle_deg: float) -> np.ndarray:
    angle = np.deg2rad(angle_deg)
    cos, sin = np.abs(np.round([np.cos(angle), np.sin(angle)], 12))
    return np.array([[cos, sin], [sin, cos]])
