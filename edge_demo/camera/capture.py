"""What `cv2.VideoCapture` reads: cameras, network streams and video files."""

from __future__ import annotations

import math

import cv2
import numpy as np

from edge_demo.errors import EdgeError

FALLBACK_FPS = 30.0  # for cameras and files that don't say


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
        self.fps = fps if math.isfinite(fps) and 1 <= fps <= 1000 else FALLBACK_FPS

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

    def close(self) -> None:
        """Lets go of the device or file."""
        self._capture.release()
