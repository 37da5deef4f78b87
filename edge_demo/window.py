"""The demo's window and its keys."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import cv2
import numpy as np

from edge_demo.errors import EdgeError

KEYS = "q quit   s snapshot   space pause"
_TITLE = "GetNet"
_ESCAPE = 27
_NO_WINDOW = "Add --headless --out DIR to write a video and one line per frame instead."


def require_display() -> None:
    """Makes sure that a window can be opened before anything tries: OpenCV aborts the process where it can't.

    Raises:
        EdgeError: without a display, with one that doesn't answer, or with an OpenCV built without windows.
    """
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        raise EdgeError(f"No display to open a window on. {_NO_WINDOW}")
    # The variables may name a display that is gone. So let another process risk its life first.
    probe = "import cv2; cv2.namedWindow('probe', cv2.WINDOW_NORMAL); cv2.destroyAllWindows()"
    finished = subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False)
    if finished.returncode != 0:
        raise EdgeError(f"This OpenCV can't open a window on this display. {_NO_WINDOW}")


class Window:
    """Shows frames and answers keys; call `require_display` before.

    As a context manager it closes the window.
    """

    def __init__(self):
        cv2.namedWindow(_TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        self._sized = False

    def __enter__(self):
        return self

    def __exit__(self, *_exception: object) -> None:
        cv2.destroyAllWindows()

    def show(self, drawn_bgr_u8: np.ndarray, wait_s: float) -> tuple[bool, float]:
        """Shows a frame, gives the window time to draw itself, and answers the keys pressed meanwhile.

        Args:
            drawn_bgr_u8: (H, W, 3) uint8.
            wait_s: how long the frame stays, at least; a pause comes on top.

        Returns:
            Whether to go on, and how many seconds the pause took.
        """
        if not self._sized:
            height, width = drawn_bgr_u8.shape[:2]
            scale = min(1, 1280 / width, 720 / height)  # a 4K frame would cover the desktop
            cv2.resizeWindow(_TITLE, round(width * scale), round(height * scale))
            self._sized = True
        cv2.imshow(_TITLE, drawn_bgr_u8)
        key = cv2.waitKey(max(1, round(wait_s * 1000))) & 0xFF
        paused_s = 0.0
        if key == ord(" "):
            start = time.perf_counter()
            key = self._paused(drawn_bgr_u8)
            paused_s = time.perf_counter() - start
        if key == ord("s"):
            _save_snapshot(drawn_bgr_u8)
        return key not in (ord("q"), _ESCAPE) and self._is_open(), paused_s

    def _paused(self, drawn_bgr_u8: np.ndarray) -> int:
        """Waits for a key that ends the pause, and returns it."""
        while self._is_open():
            key = cv2.waitKey(50) & 0xFF
            if key == ord("s"):
                _save_snapshot(drawn_bgr_u8)
            elif key in (ord(" "), ord("q"), _ESCAPE):
                return key
        return _ESCAPE

    def _is_open(self) -> bool:
        return cv2.getWindowProperty(_TITLE, cv2.WND_PROP_VISIBLE) >= 1


def _save_snapshot(drawn_bgr_u8: np.ndarray) -> None:
    path = time.strftime("snapshot-%Y%m%d-%H%M%S.png")
    saved = cv2.imwrite(path, drawn_bgr_u8)
    print(f"Saved {path}" if saved else f"Could not save {path}; is this folder writable?", file=sys.stderr)
