"""OpenCV's window, and nothing but it. What keys and mouse mean is in `controls`, what they draw in `panel`."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import cv2
import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.screen.scene import Scene
from edge_demo.screen.screen import Screen
from edge_demo.window import panel
from edge_demo.window.controls import NO_KEY, Controls, moved, pressed, settled

_TITLE = "GetNet"
_HOLD_MS = 30  # between two looks at keys and mouse while a frame is held
_MOUSE = {cv2.EVENT_LBUTTONDOWN: "down", cv2.EVENT_MOUSEMOVE: "move", cv2.EVENT_LBUTTONUP: "up"}
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


class Window(Screen):
    """Shows scenes and passes on keys and mouse; call `require_display` before.

    As a context manager it opens the window and closes it.

    Args:
        level: score in [0, 1] from which an object counts as a match, to begin with.

    Attributes:
        controls: what the user has set.
    """

    watched = True

    def __init__(self, level: float):
        super().__init__(level)
        self.controls = Controls(level)
        self._scene: Scene | None = None
        self._sized = False

    @property
    def level(self) -> float:
        return self.controls.level

    def __enter__(self):
        cv2.namedWindow(_TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        cv2.setMouseCallback(_TITLE, self._mouse)
        return self

    def __exit__(self, *_exception: object) -> None:
        cv2.destroyAllWindows()

    def show(self, scene: Scene, wait_s: float) -> tuple[bool, float]:
        """As `Screen.show`; meanwhile the window draws itself and does what the keys ask."""
        self._scene = scene
        drawn_bgr_u8 = panel.drawn(scene, self.controls)
        if not self._sized:
            height, width = drawn_bgr_u8.shape[:2]
            # A 4K frame would cover the desktop, and what is drawn on a small one could not be read from a chair.
            scale = min(1.5, 1280 / width, 720 / height)
            cv2.resizeWindow(_TITLE, round(width * scale), round(height * scale))
            self._sized = True
        cv2.imshow(_TITLE, drawn_bgr_u8)
        go_on = self._press(cv2.waitKey(max(1, round(wait_s * 1000))) & 0xFF, drawn_bgr_u8)
        start = time.perf_counter()
        held = self.controls.holds
        while go_on and self.controls.holds and self._is_open():
            drawn_bgr_u8 = panel.drawn(scene, self.controls)
            cv2.imshow(_TITLE, drawn_bgr_u8)
            go_on = self._press(cv2.waitKey(_HOLD_MS) & 0xFF, drawn_bgr_u8)
        return go_on and self._is_open(), time.perf_counter() - start if held else 0.0

    def _press(self, key: int, drawn_bgr_u8: np.ndarray) -> bool:
        """Does what a key asks; whether to go on."""
        if key == NO_KEY:
            return True
        self.controls, order = pressed(self.controls, key, self._scene.facts())
        if order is None:
            return True
        if order.kind == "snapshot":
            path = self.save(drawn_bgr_u8, "snapshot")
            self._settle(
                f"Saved {path}" if path else "Could not save; is there room, and may we write there?"
            )
        elif order.kind != "quit":
            self._settle(self._scene.obey(order))
        return order.kind != "quit"

    def _settle(self, notice: str) -> None:
        self.controls = settled(self.controls, self._scene.facts().names, notice)

    def _mouse(self, event: int, x: int, y: int, *_rest: object) -> None:
        """OpenCV calls it from within `waitKey`, with pixels of the frame."""
        if event in _MOUSE and self._scene is not None:
            self.controls = moved(self.controls, _MOUSE[event], (x, y), self._scene.facts())

    def _is_open(self) -> bool:
        return cv2.getWindowProperty(_TITLE, cv2.WND_PROP_VISIBLE) >= 1
