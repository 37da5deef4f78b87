"""Where scenes are shown: nowhere, in a window, on a page."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from edge_demo.screen.scene import Scene
from edge_demo.whole_file import write_whole

Save = Callable[
    [np.ndarray, str], "Path | None"
]  # (H, W, 3) uint8 BGR, a name -> the file; None if it can't be written


def save_here(drawn_bgr_u8: np.ndarray, name: str) -> Path | None:
    """Saves a picture, (H, W, 3) uint8, under its name and the time in the present folder; None if that is not possible."""
    path = Path(f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.png")
    try:
        write_whole(path, cv2.imencode(".png", drawn_bgr_u8)[1].tobytes())
    except OSError:
        return None
    return path


class Screen:
    """The screen that nobody looks at, and what all others are made of.

    As a context manager it is there for as long as the block lasts.

    Args:
        level: score in [0, 1] from which an object counts as a match, to begin with.

    Attributes:
        watched: whether somebody looks, so that objects can be shown by hand and frames have a pace.
        waits: whether it is there without a camera, until there is one.
        openers: of what it wants to be told of, as an output is.
        save: where pictures go that whoever looks asks for.
        snapshots: the folder in which what was seen is kept; None: it is not.
    """

    watched = False
    waits = False
    openers: Sequence[Callable] = ()

    def __init__(self, level: float):
        self._level = level
        self.save: Save = save_here
        self.snapshots: Path | None = None

    @property
    def level(self) -> float:
        """As whoever looks has moved it."""
        return self._level

    def show(self, scene: Scene, wait_s: float) -> tuple[bool, float]:
        """Shows a scene.

        Args:
            scene: of a frame.
            wait_s: how long it stays, at least, if somebody looks; below 0: no longer than it takes.

        Returns:
            Whether to go on, and for how many seconds whoever looks has held the scene beyond that.
        """
        return True, 0.0

    def __enter__(self):
        return self

    def __exit__(self, *_exception: object) -> None:
        """Nothing is open."""
