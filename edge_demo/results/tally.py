"""What a run adds up to."""

from __future__ import annotations

import collections
import dataclasses
import time
from pathlib import Path

from edge_demo.errors import EdgeError
from edge_demo.model.object_match import MatchResult


@dataclasses.dataclass(frozen=True)
class Summary:
    """What a run did."""

    frames: int
    matches: int  # frames in which at least one reference matched
    latency_ms: float  # median
    fps: float | None  # reading, matching, drawing and recording; None for a single frame
    files: tuple[Path, ...]  # written
    looks: float | None = None  # at a frame, for each object, on average; None: not counted

    def __str__(self) -> str:
        counts = f"{self.frames} frames, {self.matches} with a match, median latency {self.latency_ms:.1f} ms"
        rate = "" if self.fps is None else f", {self.fps:.1f} frames/s"
        looks = "" if self.looks is None else f", {self.looks:.2f} looks a frame"
        files = f"; wrote {' and '.join(map(str, self.files))}" if self.files else ""
        return counts + rate + looks + files


class Tally:
    """Counts frames and their pace. Rates come from the intervals between frames: n frames have n - 1."""

    def __init__(self):
        # How many frames took so many milliseconds, in steps of 0.01: a month of frames takes no more than a minute.
        self._latencies_ms: collections.Counter[float] = collections.Counter()
        self._matches = 0
        self._first_s = 0.0
        self._recent_s: collections.deque[float] = collections.deque(maxlen=30)

    def add(self, result: MatchResult) -> None:
        """Counts a frame, now."""
        now_s = time.perf_counter()
        if not self._recent_s:
            self._first_s = now_s
        self._recent_s.append(now_s)
        self._latencies_ms[round(result.latency_ms, 2)] += 1
        self._matches += any(item.match for item in result.objects)

    def leave_out(self, seconds: float) -> None:
        """Pretends that the last `seconds` were not: a pause is no slowness."""
        self._first_s += seconds
        self._recent_s = collections.deque(
            (moment + seconds for moment in self._recent_s), self._recent_s.maxlen
        )

    def recent_fps(self) -> float | None:
        """Over the last 30 frames; None before there are two."""
        return _rate(len(self._recent_s), self._recent_s[0], self._recent_s[-1]) if self._recent_s else None

    def summary(self, files: tuple[Path, ...] = (), waited: bool = False) -> Summary:
        """Sums up.

        Args:
            files: written.
            waited: whether there may have been no frame, as somebody ended the wait for one.

        Raises:
            EdgeError: without any frame.
        """
        frames = self._latencies_ms.total()
        if waited and not frames:
            return Summary(0, 0, 0.0, None, files)
        if not frames:
            raise EdgeError("The source gave no frame, so there is nothing to report.")
        fps = _rate(frames, self._first_s, self._recent_s[-1])
        return Summary(frames, self._matches, _median(self._latencies_ms), fps, files)


def _median(counts: collections.Counter[float]) -> float:
    """The lower of the two in the middle, where there are two."""
    middle, passed = (counts.total() + 1) // 2, 0
    for value in sorted(counts):
        passed += counts[value]
        if passed >= middle:
            return value
    raise ValueError("Invalid `counts`. Expected at least one, received none.")


def _rate(frames: int, first_s: float, last_s: float) -> float | None:
    return (frames - 1) / (last_s - first_s) if frames > 1 else None
