"""What OpenCV can write of a text.

OpenCV 5 has letters of many scripts built in, OpenCV 4 those of ASCII alone, and neither has emoji: what is missing would be a "?" that
nobody could tell from another. So accents fall away where the bare letter is there ("ü" becomes "u"), an emoji is written as what it is
called ("\N{HOT BEVERAGE}" becomes "(hot beverage)"), and any other letter by its number ("U+8336"). Pages draw by the browser's fonts and need none of this.
"""

from __future__ import annotations

import functools
import unicodedata

import cv2
import numpy as np

from edge_demo.native_path import drawable

FONT = cv2.FONT_HERSHEY_SIMPLEX
_UNKNOWN = "?"  # what OpenCV writes for a letter that it has not, once for each byte or once for all
_ROOM_WH = (320, 80)  # for one letter, or four of `_UNKNOWN`


@functools.lru_cache(maxsize=1024)
def written(text: str) -> str:
    """A text in letters that OpenCV has."""
    return "".join(map(_letter, drawable(text)))


@functools.lru_cache(maxsize=4096)
def _letter(letter: str) -> str:
    if letter.isascii() or _has(letter):
        return letter
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    if bare and bare != letter:
        return "".join(map(_letter, bare))
    kind = unicodedata.category(letter)
    if kind in ("Mn", "Me", "Cf", "Sk"):  # it has no width of its own, or only changes an emoji's colour
        return ""
    if kind == "So":
        return f"({unicodedata.name(letter, 'sign').lower()})"
    return f"U+{ord(letter):04X}"


def _has(letter: str) -> bool:
    """Whether it is drawn as something else than a letter that is missing."""
    drawn = _drawn(letter)
    return not any(np.array_equal(drawn, other) for other in _missing())


@functools.lru_cache(maxsize=1)
def _missing() -> list[np.ndarray]:
    return [_drawn(_UNKNOWN * count) for count in range(5)]  # of no width: nothing is drawn


def _drawn(text: str) -> np.ndarray:
    canvas = np.zeros(_ROOM_WH[::-1], np.uint8)
    cv2.putText(canvas, text, (20, 50), FONT, 1.0, 255, 1)
    return canvas
