"""Colours that tell objects apart, for colour-blind readers, too.

Okabe and Ito's seven (jfly.uni-koeln.de/color), black left out; then the same darker, then lighter: brightness is what
every eye sees. After 21 they repeat, and the names at the boxes have to do.
"""

from __future__ import annotations

from collections.abc import Collection

Color = tuple[int, int, int]  # BGR

_BASE: tuple[Color, ...] = (
    (0, 159, 230),  # orange, as the demo's only colour was before there were several objects
    (233, 180, 86),  # sky blue
    (115, 158, 0),  # bluish green
    (66, 228, 240),  # yellow
    (167, 121, 204),  # reddish purple
    (0, 94, 213),  # vermilion
    (178, 114, 0),  # blue
)
COLORS: tuple[Color, ...] = (
    *_BASE,
    *(tuple(round(0.55 * part) for part in color) for color in _BASE),
    *(tuple(round(255 - 0.45 * (255 - part)) for part in color) for color in _BASE),
)


def color_of(number: int) -> Color:
    """The colour of a number of at least 0; after the last, the first again."""
    return COLORS[number % len(COLORS)]


def free_number(taken: Collection[int]) -> int:
    """The smallest number that nobody has, so that colours repeat as late as possible."""
    return next(number for number in range(len(taken) + 1) if number not in taken)
