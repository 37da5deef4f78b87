"""Video files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from edge_demo.camera.capture import Capture
from edge_demo.camera.clock import Clock
from edge_demo.camera.frames import Opening
from edge_demo.camera.stepped import SteppedSource
from edge_demo.errors import EdgeError
from edge_demo.native_log import captured_stderr
from edge_demo.native_path import native_path
from edge_demo.plain_file import plain_size


class VideoSource(SteppedSource):
    """Every frame of a video file, in order."""

    kind = "a video file"

    def __init__(self, path: Path, pace: Clock | None = None):
        with captured_stderr():
            self._capture = _opened(path)
        super().__init__(self._capture.fps, pace)

    @classmethod
    def named(cls, text: str, opening: Opening) -> VideoSource | None:
        path = Path(text)
        if not path.exists():
            return None
        try:
            plain_size(path)
        except OSError as error:
            raise EdgeError(
                f"{path}: expected a video, received: {error.strerror}. Check the path."
            ) from None
        return cls(path, opening.pace)

    def close(self) -> None:
        self._capture.close()

    def _pictures(self) -> Iterator[np.ndarray]:
        while (frame_bgr_u8 := self._capture.read()) is not None:
            yield frame_bgr_u8


def _opened(path: Path) -> Capture:
    # FFmpeg, because another backend would take "img_01.jpg" for the pattern of a whole series.
    return Capture(
        cv2.VideoCapture(native_path(path), cv2.CAP_FFMPEG),
        f"{path}: expected a video, received {path.stat().st_size} bytes without a readable frame: "
        f"empty, cut short, or another kind of file. Try to play it, or convert it to MP4.",
    )
