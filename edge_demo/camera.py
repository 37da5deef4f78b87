"""Where frames come from: a camera, a video file, a folder of pictures or the simulated camera.

Example:
    with open_source("clip.mp4") as source:
        for frame in source:
            print(frame.index, frame.frame_bgr_u8.shape)
"""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from edge_demo import sim
from edge_demo.errors import EdgeError
from edge_demo.native_log import captured_stderr
from edge_demo.preprocess import read_picture

PICTURE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
FOLDER_FPS = 5.0  # pictures carry no rate: slow enough to look at each
FALLBACK_FPS = 30.0  # for cameras and files that don't say


@dataclasses.dataclass(frozen=True)
class Frame:
    """One decoded frame."""

    index: int  # 0-based, counts decoded frames only
    frame_bgr_u8: np.ndarray  # (H, W, 3)
    fps: float  # the source's nominal rate


class Source:
    """A finite or endless series of frames. Iterate once; as a context manager it releases what it holds.

    Attributes:
        fps: nominal rate, frames per second.
        live: whether frames come in real time, and are lost if nobody takes them.
    """

    live = False

    def __init__(self, fps: float):
        self.fps = fps

    def __iter__(self) -> Iterator[Frame]:
        for index, frame_bgr_u8 in enumerate(self._pictures()):
            yield Frame(index, frame_bgr_u8, self.fps)

    def __enter__(self):
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Releases the device or file. More than once is fine."""

    def _pictures(self) -> Iterator[np.ndarray]:
        raise NotImplementedError


def open_source(spec: str, seed: int = 0) -> Source:
    """Opens the source that a command line names.

    Args:
        spec: a camera's number, "sim", the path of a folder of pictures, or the path of a video file. A file
            or folder whose name is a number or "sim" is reached by "./0" or "./sim".
        seed: of the simulated camera.

    Raises:
        EdgeError: if there is no such camera, file or folder, or it holds nothing to show.
    """
    if spec.isdecimal():
        return CameraSource(int(spec))
    if spec == "sim":
        return SimSource(seed)
    path = Path(spec)
    if path.is_dir():
        return FolderSource(path)
    if path.exists():
        return VideoSource(path)
    raise EdgeError(
        f"Source {spec!r}: expected a camera's number, a video file, a folder or sim, found nothing there."
    )


class _CaptureSource(Source):
    """What `cv2.VideoCapture` reads. The first frame is read on opening: many a failure shows only then."""

    def __init__(self, capture: cv2.VideoCapture, nothing: str):
        self._capture = capture
        with captured_stderr():
            arrived, self._first = capture.read()
        if not arrived:
            capture.release()
            raise EdgeError(nothing)
        fps = capture.get(cv2.CAP_PROP_FPS)
        super().__init__(fps if math.isfinite(fps) and 1 <= fps <= 1000 else FALLBACK_FPS)

    def close(self) -> None:
        self._capture.release()

    def _pictures(self) -> Iterator[np.ndarray]:
        arrived, frame_bgr_u8 = True, self._first
        while arrived:
            yield frame_bgr_u8
            arrived, frame_bgr_u8 = self._capture.read()


class CameraSource(_CaptureSource):
    """A camera that OpenCV knows by number: on USB or in a laptop, not on the Raspberry Pi's ribbon."""

    live = True

    def __init__(self, number: int):
        with captured_stderr():
            capture = cv2.VideoCapture(number)
            # A slow reader should see the present, not a queue of the past.
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        super().__init__(
            capture,
            f"Camera {number} gives no picture. Check that it is plugged in and no other program uses it, or "
            f"try another number, a video file, or --source sim.",
        )
        self._number = number

    def _pictures(self) -> Iterator[np.ndarray]:
        yield from super()._pictures()
        print(f"Camera {self._number} stopped giving pictures; check its cable.", file=sys.stderr)


class VideoSource(_CaptureSource):
    """Every frame of a video file, in order."""

    def __init__(self, path: Path):
        with captured_stderr():
            # FFmpeg, because another backend would take "img_01.jpg" for the pattern of a whole series.
            capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        super().__init__(
            capture,
            f"{path}: expected a video, received {path.stat().st_size} bytes without a readable frame: "
            f"empty, cut short, or another kind of file. Try to play it, or convert it to MP4.",
        )


class FolderSource(Source):
    """The pictures in a folder, sorted by name; one that can't be read is named on stderr and left out."""

    def __init__(self, folder: Path):
        super().__init__(FOLDER_FPS)
        self._folder = folder
        try:
            self._paths = sorted(path for path in folder.iterdir() if _names_picture(path))
        except OSError as error:
            raise EdgeError(f"{folder}: expected a readable folder, received: {error.strerror}.") from None
        if not self._paths:
            raise EdgeError(
                f"{folder}: expected pictures ({', '.join(PICTURE_SUFFIXES)}), found none. Check the folder."
            )

    def _pictures(self) -> Iterator[np.ndarray]:
        readable = 0
        for path in self._paths:
            try:
                frame_bgr_u8 = read_picture(path)
            except EdgeError as error:
                print(f"Left out: {error}", file=sys.stderr)
                continue
            readable += 1
            yield frame_bgr_u8
        if not readable:
            raise EdgeError(f"{self._folder}: expected pictures, none of {len(self._paths)} could be read.")


class SimSource(Source):
    """The simulated camera, as fast as it is read."""

    def __init__(self, seed: int):
        super().__init__(sim.FPS)
        self._camera = sim.SimCamera(seed)

    def _pictures(self) -> Iterator[np.ndarray]:
        index = 0
        while True:
            yield self._camera.frame(index)
            index += 1


def _names_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES and path.is_file() and not path.name.startswith(".")
