"""Sources that wait for whoever takes their frames, unless they are played at their own rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from edge_demo.camera.clock import Clock
from edge_demo.camera.frames import Frame, Source

MOST_DROPPING_S = 0.5  # a computer too slow to decode in time drops frames, but shows at least two a second


class SteppedSource(Source):
    """Frames in step with whoever takes them, all of them; or, given a clock, at the source's own rate."""

    def __init__(self, fps: float, pace: Clock | None):
        super().__init__(fps)
        self._pace = pace
        self.live = pace is not None

    def __iter__(self) -> Iterator[Frame]:
        moments = self._moments()
        if self._pace is not None:
            moments = paced(moments, self.fps, self._pace)
        for index, (time_s, frame_bgr_u8) in enumerate(moments):
            yield Frame(index, frame_bgr_u8, self.fps, time_s)

    def _moments(self) -> Iterator[tuple[float, np.ndarray]]:
        """(seconds since the first, picture), of pictures that come at the source's rate. Others have times of their own."""
        return ((place / self.fps, picture_bgr_u8) for place, picture_bgr_u8 in enumerate(self._pictures()))

    def _pictures(self) -> Iterator[np.ndarray]:
        raise NotImplementedError


def paced(
    moments: Iterable[tuple[float, np.ndarray]], fps: float, clock: Clock
) -> Iterator[tuple[float, np.ndarray]]:
    """Lets (time, picture) through when it is due, so many seconds after the start.

    One whose successor is due already is dropped, but not for longer than `MOST_DROPPING_S` on end.
    """
    start_s = resumed_s = clock.now()
    for time_s, picture_bgr_u8 in moments:
        now_s = clock.now()
        due_s = start_s + time_s
        if now_s < due_s:
            clock.sleep(due_s - now_s)
        elif now_s >= due_s + 1 / fps and now_s - resumed_s < MOST_DROPPING_S:
            continue
        yield time_s, picture_bgr_u8
        resumed_s = clock.now()
