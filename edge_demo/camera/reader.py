"""Keeps the newest picture of a live camera at hand, and gets the camera back when it is lost."""

from __future__ import annotations

import dataclasses
import math
import threading
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

import numpy as np

from edge_demo.camera.clock import Clock
from edge_demo.camera.stillness import Stillness
from edge_demo.errors import EdgeError
from edge_demo.native_log import opencv_silenced

STALE_S = 2.0  # without a new picture, the screen says so, and a read that takes longer is given up
OPEN_S = 15.0  # an opening that takes longer is given up; a USB camera's own limit for a picture is 10
REPEAT_S = 0.5  # a stale picture is handed out again this often: the screen counts, keys and Ctrl-C work
FIRST_BACK_OFF_S = 0.5
MOST_BACK_OFF_S = 30.0
MOST_STUCK = 3  # threads that hang in a driver; more would only add to what is wrong

T = TypeVar("T")


class Camera(Protocol):
    """What a reader reads. Opening one raises EdgeError, or leaves its first picture ready."""

    fps: float  # nominal

    def read(self) -> np.ndarray | None:
        """The next picture, (H, W, 3) uint8 BGR, a new array each time; None if none comes any more."""

    def close(self) -> None:
        """Lets go of the device; must be harmless after a failure and more than once."""


@dataclasses.dataclass(frozen=True)
class Sight:
    """The newest picture, now."""

    number: int  # counts pictures that arrived, from 1; 0: none has
    picture_bgr_u8: np.ndarray | None  # (H, W, 3)
    taken_s: float  # when it arrived, or, of a picture that stood still too long, when it first did; of none, when it was first waited for
    age_s: float


class Reader:
    """Reads a camera in a thread; pictures that nobody took in time are dropped.

    A camera whose read fails, or that stands still (see `stillness`), is closed and opened again in that
    thread, at first after 0.5 s, then after twice as long each time, up to 30 s, for as long as it takes. A
    thread that hangs in the camera's driver can't be stopped: it is left to itself, and another one opens the
    camera anew. That is noticed in `newest`, so somebody must keep asking.

    Args:
        camera: opened; the reader closes it. None: it isn't there yet.
        open_camera: opens it, or opens it again.
        clock: tests bring their own.
    """

    def __init__(self, camera: Camera | None, open_camera: Callable[[], Camera], clock: Clock):
        self._open_camera = open_camera
        self._clock = clock
        self._changed = threading.Condition()  # guards all that follows
        self._number = 0
        self._picture_bgr_u8: np.ndarray | None = None
        self._taken_s = clock.now()
        self._stillness = Stillness()
        self._bug: Exception | None = None
        self._stuck: list[threading.Thread] = []
        self._worker = _Worker(failures=int(camera is None))
        if camera is not None:
            self._take(self._worker, camera.read())
        self._start(self._worker, camera)

    def newest(self, after: int) -> Sight:
        """The newest picture: at once if its number is above `after`, else when one comes or time is up.

        Time is up when the picture has become `STALE_S` old; if it is that old already, after `REPEAT_S`.
        """
        now_s = self._clock.now
        with self._changed:
            until_s = max(self._taken_s + STALE_S, now_s() + REPEAT_S)
            while self._number <= after and self._bug is None and now_s() < until_s:
                self._clock.wait(self._changed, until_s - now_s())
            if self._bug is not None:
                raise self._bug
            sight = Sight(self._number, self._picture_bgr_u8, self._taken_s, now_s() - self._taken_s)
        self._replace_stuck()
        return sight

    def close(self) -> None:
        """Closes the camera, if it doesn't hang; then it is left to the end of the process."""
        self._worker.stop.set()
        self._worker.thread.join(1.0)

    def _start(self, worker: _Worker, camera: Camera | None) -> None:
        worker.thread = self._clock.start(self._steps(worker, camera), worker.stop)

    def _replace_stuck(self) -> None:
        stuck = self._worker
        if self._clock.now() <= stuck.busy_until_s:
            return
        self._stuck = [thread for thread in self._stuck if thread.is_alive()]
        if len(self._stuck) >= MOST_STUCK:
            return
        self._stuck.append(stuck.thread)
        with self._changed:
            self._worker = _Worker(stuck.failures + 1)
        stuck.stop.set()
        self._start(self._worker, None)

    def _steps(self, worker: _Worker, camera: Camera | None) -> Iterator[float]:
        """What the thread does; gives the seconds to pause after each step."""
        try:
            while not worker.stop.is_set():
                if camera is None:
                    yield back_off_s(worker.failures)
                    if worker.stop.is_set():
                        return
                    camera = self._timed(worker, OPEN_S, self._reopened)
                if camera is not None:
                    picture_bgr_u8 = self._timed(worker, STALE_S, camera.read)
                    if picture_bgr_u8 is not None and self._take(worker, picture_bgr_u8):
                        worker.failures = 0
                        yield 0.0
                        continue
                    lost, camera = camera, None
                    self._timed(worker, STALE_S, lost.close)
                worker.failures += 1
        except Exception as error:  # a bug: whoever asks for pictures must hear of it
            with self._changed:
                self._bug = error
                self._changed.notify_all()
        finally:
            if camera is not None:
                camera.close()

    def _timed(self, worker: _Worker, limit_s: float, call: Callable[[], T]) -> T:
        worker.busy_until_s = self._clock.now() + limit_s
        try:
            return call()
        finally:
            worker.busy_until_s = math.inf

    def _reopened(self) -> Camera | None:
        try:
            with opencv_silenced():
                camera = self._open_camera()
        except EdgeError:
            return None
        with self._changed:
            self._stillness.reopened()
        return camera

    def _take(self, worker: _Worker, picture_bgr_u8: np.ndarray) -> bool:
        """Whether to go on with this camera."""
        with self._changed:
            if worker is not self._worker:  # it hung, and was given up, and another reads already
                return False
            now_s = self._clock.now()
            still_s = self._stillness.seen(picture_bgr_u8, now_s)
            self._taken_s = now_s - still_s
            if still_s:
                return False
            self._number += 1
            self._picture_bgr_u8 = picture_bgr_u8
            self._changed.notify_all()
            return True


class _Worker:
    """One thread of a reader."""

    thread: threading.Thread

    def __init__(self, failures: int):
        self.failures = failures  # since the last picture
        self.stop = threading.Event()
        self.busy_until_s = math.inf  # when the call into the camera has taken too long; not in one: never


def back_off_s(failures: int) -> float:
    """How long to wait before the next attempt, after `failures` (1 or more) in a row."""
    return min(FIRST_BACK_OFF_S * 2.0 ** min(failures - 1, 10), MOST_BACK_OFF_S)


def duration(seconds: float) -> str:
    """Seconds in words, to two digits or so: "4 s", "12 min", "3 h"."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.0f} h"
