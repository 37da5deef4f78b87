"""Video files."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from edge_demo.camera.capture import Capture
from edge_demo.camera.clock import Clock
from edge_demo.camera.frames import Opening
from edge_demo.camera.stepped import SteppedSource
from edge_demo.errors import EdgeError
from edge_demo.native_log import captured_stderr, complaints
from edge_demo.native_path import native_path
from edge_demo.plain_file import plain_size

MOST_GAP_S = 3600.0  # a time stamp that leaps further is a broken one
LEAST_OF_ANNOUNCED = 0.9  # of its frames; where a container has no count, it is told from the length and the rate, and may be off
BEGIN_BYTES = 1024
SCRIPTS = (b"#EXTM3U", b"ffconcat", b"<", b"\xff\xfe", b"\xfe\xff")  # and byte order marks of texts
Y4M = b"YUV4MPEG2"  # raw pictures after a line of text, which dark ones look like, too
_CONTROLS = bytes({*range(0x20)} - {*b"\t\n\f\r\x1b"})  # of what no text has, and every container its share


class VideoSource(SteppedSource):
    """Every frame of a video file, in order, at its own time stamp; damage in the middle is a line on stderr."""

    kind = "a video file"

    def __init__(self, path: Path, pace: Clock | None = None):
        self._path = path
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
            with path.open("rb") as file:
                begin = file.read(BEGIN_BYTES)
        except OSError as error:
            raise EdgeError(
                f"{path}: expected a video, received: {error.strerror}. Check the path."
            ) from None
        if _is_text(begin):
            raise EdgeError(
                f"{path}: expected a video, received a text, such as a list of films. Give the film itself, or an address."
            )
        return cls(path, opening.pace)

    def close(self) -> None:
        self._capture.close()

    def _moments(self) -> Iterator[tuple[float, np.ndarray]]:
        time_s, stamp_s, damaged = None, 0.0, []  # numbers of frames
        for number in itertools.count():
            picture_bgr_u8, complaint = self._read()
            if complaint:
                damaged.append(number)
            if complaint and len(damaged) == 1:
                print(
                    f"{self._path}: expected whole pictures, received at frame {number}: {complaint}. It goes on.",
                    file=sys.stderr,
                )
            if picture_bgr_u8 is None:
                break
            stamp_s = self._capture.stamp_s
            time_s = following_s(time_s, stamp_s, self.fps)
            yield time_s, picture_bgr_u8
        announced = self._capture.announced
        if max(number, self._capture.count_until(stamp_s)) < LEAST_OF_ANNOUNCED * announced:
            print(
                f"{self._path}: expected {announced} frames, as it announces, received {number}: it is damaged, or cut by "
                f"an edit list. Convert it anew where more should be seen.",
                file=sys.stderr,
            )
        if len(damaged) > 1:
            print(
                f"{self._path}: {len(damaged)} frames were damaged, the last of them {damaged[-1]}.",
                file=sys.stderr,
            )

    def _read(self) -> tuple[np.ndarray | None, str]:
        """The next picture, and the first thing that its decoder complains of, if anything."""
        with captured_stderr() as lines:
            picture_bgr_u8 = self._capture.read()
        said, others = complaints(lines)
        for line in others:  # of other threads
            print(line, file=sys.stderr)
        return picture_bgr_u8, said[0] if said else ""


def following_s(before_s: float | None, stamp_s: float, fps: float) -> float:
    """When a frame was, in seconds: its time stamp, if that goes on from the frame before (None: it is the first).

    Streams without a container, and some that were joined or damaged, have none, or have them run back or leap.
    """
    least_s, next_s = (0.0, 0.0) if before_s is None else (before_s, before_s + 1 / fps)
    follows = stamp_s >= 0 if before_s is None else stamp_s > before_s
    return stamp_s if follows and stamp_s <= least_s + MOST_GAP_S else next_s


def _is_text(begin: bytes) -> bool:
    """Whether a file that begins so is a text. FFmpeg would play what a list in it names, or draw its letters."""
    if begin.startswith(SCRIPTS):
        return True
    return bool(begin) and not begin.startswith(Y4M) and len(begin.translate(None, _CONTROLS)) == len(begin)


def _opened(path: Path) -> Capture:
    # FFmpeg, because another backend would take "img_01.jpg" for the pattern of a whole series. One thread, so that a decoder
    # complains of a frame in the call that gives it, and not while something else is written.
    return Capture(
        cv2.VideoCapture(native_path(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1]),
        f"{path}: expected a video, received {path.stat().st_size} bytes without a readable frame: "
        f"empty, cut short, or another kind of file. Try to play it, or convert it to MP4.",
    )
