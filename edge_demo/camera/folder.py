"""Folders of pictures."""

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
from edge_demo.picture_files import PICTURE_SUFFIXES, contents_of, say_left_out

FPS = 5.0  # pictures carry no rate: slow enough to look at each


class FolderSource(SteppedSource):
    """The pictures in a folder, sorted by name; one that can't be read is named on stderr and left out."""

    kind = "a folder of pictures"

    def __init__(self, folder: Path, pace: Clock | None = None):
        super().__init__(FPS, pace)
        self._folder = folder
        try:
            contents = contents_of(folder)
        except OSError as error:
            raise EdgeError(f"{folder}: expected a readable folder, received: {error.strerror}.") from None
        self._paths = contents.pictures
        say_left_out(contents.left_out)
        if not self._paths:
            raise EdgeError(
                f"{folder}: expected pictures ({', '.join(PICTURE_SUFFIXES)}), found none. Check the folder."
            )

    @classmethod
    def named(cls, text: str, opening: Opening) -> FolderSource | None:
        path = Path(text)
        return cls(path, opening.pace) if path.is_dir() else None

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
            raise EdgeError(f"{self._folder}: expected pictures, none of {len(self._paths)} could be read.")
