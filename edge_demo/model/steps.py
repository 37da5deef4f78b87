"""Work that can be done a little at a time, so that none of it holds a film up for long: a generator that pauses between its steps."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")


def finished(steps: Generator[None, None, T]) -> T:
    """What work gives when it is done without pauses."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
