"""What `cv2.VideoCapture` reads: cameras, network streams and video files."""

from __future__ import annotations

import math
import os
from pathlib import Path

import cv2
import numpy as np

from edge_demo.camera.address import masked
from edge_demo.errors import EdgeError

FALLBACK_FPS = 30.0  # for cameras and files that don't say
_OPEN_MS = 10_000  # of a stream, until its first picture
_READ_MS = 5_000


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


def open_camera(camera: int | str) -> Capture:
    """A camera that OpenCV knows, on USB or in a laptop, by its number or device path.

    Raises:
        EdgeError: if it gives no picture.
    """
    # By path only V4L2 knows cameras; asked for any backend, OpenCV would also try them as files.
    capture = cv2.VideoCapture(camera, cv2.CAP_ANY if isinstance(camera, int) else cv2.CAP_V4L2)
    # A slow reader should see the present, not a queue of the past.
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return Capture(
        capture,
        f"Camera {camera} gives no picture. Check that it is plugged in and no other program uses it, or "
        f"try another number, a video file, or --source sim.",
    )


def open_url(url: str) -> Capture:
    """A stream from the network, RTSP or HTTP.

    Raises:
        EdgeError: if it gives no picture; the password is masked.
    """
    # FFmpeg prints lines of its own on every attempt, and they may hold the address with its password. Takes
    # effect if nothing has used FFmpeg so far.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_MS]
    return Capture(
        cv2.VideoCapture(url, cv2.CAP_FFMPEG, limits),
        f"{masked(url)} gives no picture. Check the address, the user and the password, and that this computer "
        f"reaches the camera; a player such as VLC should show it.",
    )


def open_video(path: Path) -> Capture:
    """A video file.

    Raises:
        EdgeError: if it holds no readable frame.
    """
    # FFmpeg, because another backend would take "img_01.jpg" for the pattern of a whole series.
    return Capture(
        cv2.VideoCapture(str(path), cv2.CAP_FFMPEG),
        f"{path}: expected a video, received {path.stat().st_size} bytes without a readable frame: "
        f"empty, cut short, or another kind of file. Try to play it, or convert it to MP4.",
    )
