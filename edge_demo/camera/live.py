"""Cameras, of which the newest frame counts and which may be lost and found again, or not be there yet."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import numpy as np

from edge_demo.camera.capture import FALLBACK_FPS
from edge_demo.camera.clock import Clock
from edge_demo.camera.frames import Frame, Source
from edge_demo.camera.reader import Camera, Reader, duration
from edge_demo.errors import EdgeError
from edge_demo.native_log import captured_stderr

BLANK = np.zeros((480, 640, 3), np.uint8)  # before the first picture


class LiveSource(Source):
    """A camera's newest frame, always; never ends. While the camera is lost, its last frame comes again, stale.

    Args:
        name: for messages.
        open_camera: opens the camera, now and whenever it was lost; raises EdgeError if there is none.
        clock: tests bring their own.
        missing: why there is no camera yet: then its frames are blank and stale until it is there. "": it must be there now.

    Raises:
        NoCamera: if the camera can't be opened now.
    """

    live = True

    def __init__(self, name: str, open_camera: Callable[[], Camera], clock: Clock, missing: str = ""):
        camera = None
        if not missing:
            try:
                with captured_stderr():
                    camera = open_camera()
            except EdgeError as error:
                why = str(error)
                raise NoCamera(why, lambda: LiveSource(name, open_camera, clock, why)) from None
        super().__init__(FALLBACK_FPS if camera is None else camera.fps)
        self._name, self._missing = name, missing
        self._reader = Reader(camera, open_camera, clock)

    def close(self) -> None:
        self._reader.close()

    def __iter__(self) -> Iterator[Frame]:
        index, last, notice = -1, None, ""
        while True:
            sight = self._reader.newest(0 if last is None else last.number)
            if not sight.number:
                yield Frame(index, BLANK, self.fps, sight.taken_s, sight.age_s, self._missing)
                continue
            if last is None or sight.number > last.number:
                index += 1
                if notice:
                    gap = duration(sight.taken_s - last.taken_s)
                    print(f"{self._name} gives pictures again, after {gap}.", file=sys.stderr)
                last, notice = sight, ""
            else:
                if not notice:
                    print(
                        f"{self._name} gives no new picture; it is opened again until it does.",
                        file=sys.stderr,
                    )
                notice = f"no new picture for {duration(sight.age_s)}, reconnecting"
            yield Frame(index, sight.picture_bgr_u8, self.fps, sight.taken_s, sight.age_s, notice)


class NoCamera(EdgeError):
    """A camera that gives no picture now.

    Args:
        why: the line.
        waiting: gives a source that goes on trying.
    """

    def __init__(self, why: str, waiting: Callable[[], LiveSource]):
        super().__init__(why)
        self.waiting = waiting
