"""Lines on stderr that strangers can bring about, and so must not be able to fill a disk with."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

EVERY_S = 60.0


class Complaints:
    """Says a line at most every `EVERY_S` seconds, and with the next how many were left out between.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._again_s = -float("inf")
        self._left_out = 0

    def say(self, words: str) -> None:
        """Says it, or counts it."""
        now_s = self._clock()
        if now_s < self._again_s:
            self._left_out += 1
            return
        more = f" ({self._left_out} more since the last such line)" if self._left_out else ""
        self._again_s, self._left_out = now_s + EVERY_S, 0
        print(f"--web: {words.rstrip()}{more}", file=sys.stderr, flush=True)
