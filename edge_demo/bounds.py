"""Numbers on command lines, for `add_argument(type=...)`: in bounds, or a line that says which. Imports nothing, as the doctor must come."""

from __future__ import annotations

import argparse
from collections.abc import Callable

MOST = 10**15 - 1  # that somebody could mean
MOST_SEED = 2**31 - 1  # as in the settings of a training


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number from `least`, 0 or more, to `most`."""

    def read(text: str) -> int:
        # `int` refuses thousands of digits in its own words.
        if not text.isdecimal() or len(text) > len(str(most)) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {least} to {most}, received: {text!r:.80}"
            )
        return int(text)

    return read


def number(least: float, most: float, what: str = "a number") -> Callable[[str], float]:
    """A number from `least` to `most`; what is no number, such as "nan", is not in between."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(
                f"expected {what} from {least:g} to {most:g}, received: {text!r:.80}"
            )
        return value

    return read


positive = whole(1, MOST)
seed = whole(0, MOST_SEED)
