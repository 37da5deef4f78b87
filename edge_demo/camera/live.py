"""Cameras, of which the newest frame counts and which may be lost and found again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from edge_demo.camera.clock import Clock
from edge_demo.camera.frames import Frame, Source
from edge_demo.camera.reader import Camera, Reader, duration
from edge_demo.native_log import captured_stderr


class LiveSource(Source):
    """A camera's newest frame, always; never ends. While the camera is lost, its last frame comes again, stale.

    Args:
        name: for messages.
        open_camera: opens the camera, now and whenever it was lost; raises EdgeError if there is none.
        clock: tests bring their own.

    Raises:
        EdgeError: if the camera can't be opened the first time.
    """

    live = True

    def __init__(self, name: str, open_camera: Callable[[], Camera], clock: Clock):
        with captured_stderr():
            camera = open_camera()
        super().__init__(camera.fps)
        self._name = name
        self._reader = Reader(camera, open_camera, clock)

    def close(self) -> None:
        self._reader.close()

    def __iter__(self) -> Iterator[Frame]:
        index, last, notice = -1, None, ""
        while True:
            sight = self._reader.newest(0 if last is None else last.number)
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
