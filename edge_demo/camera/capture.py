"""What `cv2.VideoCapture` reads: cameras, network streams and video files."""

from __future__ import annotations

import math

import cv2
import numpy as np

from edge_demo.errors import EdgeError

FALLBACK_FPS = 30.0  # for cameras and files that don't say
SLOWEST_FPS, FASTEST_FPS = 0.01, 1000  # what is believed


class Capture:
    """A `reader.Camera`, opened. The first picture is read on opening: many a failure shows only then.

    Args:
        capture: opened or not.
        nothing: the error's text if it gives no picture.

    Raises:
        EdgeError: if it gives none.
    """

    def __init__(self, capture: cv2.VideoCapture, nothing: str):
        self._capture = capture
        self._first: np.ndarray | None = None
        self._first = self.read()
        if self._first is None:
            capture.release()
            raise EdgeError(nothing)
        fps = capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if SLOWEST_FPS <= fps <= FASTEST_FPS else FALLBACK_FPS  # NaN is neither

    def read(self) -> np.ndarray | None:
        """The next picture, (H, W, 3) uint8 BGR; None at the end, or if it fails."""
        first, self._first = self._first, None
        if first is not None:
            return first
        try:
            arrived, picture_bgr_u8 = self._capture.read()
        except cv2.error:  # instead of False, for instance for a picture that is cut short
            return None
        return picture_bgr_u8 if arrived else None

    @property
    def stamp_s(self) -> float:
        """The time stamp of the picture that was read last, as its file has it; nothing to rely on without one."""
        return self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000

    @property
    def announced(self) -> int:
        """How many pictures a file says it has, or its length and rate let expect; 0 if nothing tells."""
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        return int(count) if 0 < count < math.inf else 0

    def count_until(self, stamp_s: float) -> float:
        """How many pictures a file of an even rate has up to a time stamp."""
        return 1 + stamp_s * self._capture.get(cv2.CAP_PROP_FPS)

    def close(self) -> None:
        """Lets go of the device or file."""
        self._capture.release()
