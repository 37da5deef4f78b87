"""A camera and a clock that tests command: hours of losing and finding it pass in milliseconds."""

import threading
import time

import numpy as np

from edge_demo.errors import EdgeError


class SteppedClock:
    """Threads take turns inside the one that waits, each for one step, in the order of their pauses."""

    def __init__(self):
        self.time_s = 100.0
        self._threads = []

    def now(self):
        return self.time_s

    def sleep(self, seconds):
        self.time_s += seconds

    def wait(self, condition, seconds):
        """One step of the thread whose pause ends first, or, if none does in time, the passing of time."""
        alive = [thread for thread in self._threads if thread.is_alive()]
        thread = min(alive, key=lambda thread: thread.due_s(), default=None)
        if thread is None or thread.due_s() > self.time_s + seconds:
            self.time_s += seconds
        else:
            self.time_s = max(self.time_s, thread.due_s())
            thread.step()

    def start(self, steps, stop):
        self._threads.append(SteppedThread(self, steps, stop))
        return self._threads[-1]


class SteppedThread:
    def __init__(self, clock, steps, stop):
        self._clock, self._steps, self._stop = clock, steps, stop
        self._due_s = clock.time_s
        self._alive = True

    def due_s(self):
        return self._clock.time_s if self._stop.is_set() else self._due_s

    def step(self):
        pause_s = next(self._steps, None)
        self._alive = pause_s is not None
        self._due_s = self._clock.time_s + (pause_s or 0.0)

    def is_alive(self):
        return self._alive

    def join(self, timeout):
        while self._alive and self._stop.is_set():
            self.step()


class RushedClock:
    """Real threads that pause for no time; seconds pass only for the one that waits."""

    def __init__(self):
        self.time_s = 100.0

    def now(self):
        return self.time_s

    def wait(self, condition, seconds):
        if not condition.wait(0.001):
            self.time_s += min(seconds, 0.1)

    def start(self, steps, stop):
        def run():
            for _ in steps:
                time.sleep(0.0001)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread


class Plug:
    """Where the fake camera is plugged in, or isn't. `open_camera` is what a reader opens it by."""

    def __init__(self, clock, frame_s=0.1):
        self.clock = clock
        self.frame_s = frame_s
        self.plugged = True
        self.refuses = False  # to be opened again
        self.still = False
        self.shots = 0
        self.openings_s = []
        self.cameras = []

    def open_camera(self):
        self.openings_s.append(self.clock.now())
        if self.refuses or not self.plugged:
            raise EdgeError("Camera fake gives no picture.")
        self.cameras.append(FakeCamera(self))
        return self.cameras[-1]

    def held(self):
        return [camera for camera in self.cameras if not camera.closed]


class FakeCamera:
    fps = 10.0

    def __init__(self, plug):
        self._plug = plug
        self.closed = False
        self._first = self._shot()

    def read(self):
        assert not self.closed
        first, self._first = self._first, None
        if first is not None:
            return first
        if not self._plug.plugged:
            return None
        self._plug.clock.time_s += self._plug.frame_s
        return self._shot()

    def close(self):
        self.closed = True

    def _shot(self):
        """Its number is in the first pixels."""
        self._plug.shots += not self._plug.still
        picture = np.zeros((24, 40, 3), np.uint8)
        picture[0, 0] = self._plug.shots // 256, self._plug.shots % 256, 7
        return picture


def shot(frame_bgr_u8):
    """Which picture of the fake camera this is."""
    return int(frame_bgr_u8[0, 0, 0]) * 256 + int(frame_bgr_u8[0, 0, 1])
