"""Cameras that OpenCV knows, on USB or in a laptop."""

from __future__ import annotations

import cv2

from edge_demo.camera.capture import Capture
from edge_demo.camera.frames import Opening
from edge_demo.camera.live import LiveSource
from edge_demo.errors import EdgeError
from edge_demo.native_path import native_text

MOST_DIGITS = 4  # of a camera's number: OpenCV takes larger ones for something else, or for nothing


class UsbSource(LiveSource):
    """By its number or device path."""

    kind = "a camera's number or device"

    @classmethod
    def named(cls, text: str, opening: Opening) -> UsbSource | None:
        if not text.isdecimal() and not text.startswith("/dev/"):
            return None
        if text.isdecimal() and len(text) > MOST_DIGITS:
            raise EdgeError(
                f"Source {text!r:.40}: expected a camera's number of at most {MOST_DIGITS} digits. Try 0, or give a file of this "
                f"name as ./{text:.40}."
            )
        camera = int(text) if text.isdecimal() else native_text(text)
        return cls(f"Camera {text}", lambda: open_camera(camera), opening.clock)


def open_camera(camera: int | str) -> Capture:
    """A camera by its number or device path.

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
