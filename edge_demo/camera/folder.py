"""Pictures: those of a folder, or one by itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from edge_demo.camera.clock import Clock
from edge_demo.camera.frames import Opening
from edge_demo.camera.stepped import SteppedSource
from edge_demo.console import one_line
from edge_demo.errors import EdgeError
from edge_demo.model.preprocess import read_picture
from edge_demo.picture_files import PICTURE_SUFFIXES, contents_of, is_picture, say_left_out

FPS = 5.0  # pictures carry no rate: slow enough to look at each
MOVING = (".gif",)  # pictures that may be films, which FFmpeg plays


def means_pictures(text: str) -> bool:
    """Whether a source's name stands for a folder of pictures or for a picture, which FFmpeg would not turn upright."""
    path = Path(text)
    return path.is_dir() or (is_picture(path) and path.suffix.lower() not in MOVING)


class FolderSource(SteppedSource):
    """The pictures in a folder, sorted by name; one that can't be read is named on stderr and left out. Or a picture alone."""

    kind = "a picture, a folder of pictures"

    def __init__(self, place: Path, pace: Clock | None = None):
        super().__init__(FPS, pace)
        self._place = place
        if not place.is_dir():
            read_picture(place)  # as every source, it fails when it is opened
            self._paths = [place]
            return
        try:
            contents = contents_of(place)
        except OSError as error:
            raise EdgeError(f"{place}: expected a readable folder, received: {error.strerror}.") from None
        self._paths = contents.pictures
        say_left_out(contents.left_out)
        if not self._paths:
            raise EdgeError(
                f"{place}: expected pictures ({', '.join(PICTURE_SUFFIXES)}), found none. Check the folder."
            )

    @classmethod
    def named(cls, text: str, opening: Opening) -> FolderSource | None:
        return cls(Path(text), opening.pace) if means_pictures(text) else None

    def _pictures(self) -> Iterator[np.ndarray]:
        readable = 0
        for path in self._paths:
            try:
                frame_bgr_u8 = read_picture(path)
            except EdgeError as error:
                print(one_line(f"Left out: {error}"), file=sys.stderr)
                continue
            readable += 1
            yield frame_bgr_u8
        if not readable:
            raise EdgeError(f"{self._place}: expected pictures, none of {len(self._paths)} could be read.")
