"""A video in pieces that are closed every few seconds, and the pieces made one again.

Why it exists: an MP4 has its index at the end, so one that was not closed is lost as a whole. Pieces of ten
seconds lose ten seconds at most, to a kill, a power cut or a full disk.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from edge_demo.native_log import captured_stderr
from edge_demo.native_path import native_path
from edge_demo.outputs.mp4_head import add_settings, has_head
from edge_demo.whole_file import PARTIAL, beside

SEGMENT_S = 10.0
_NOT_WHOLE = "the video is not whole, perhaps the disk is full"
_CODEC = cv2.VideoWriter.fourcc(*"mp4v")


class Segments:
    """Writes `000001.mp4`, `000002.mp4`, ...; a file that bears such a name is whole.

    A segment ends after `segment_s` of video, and after `segment_s` on the clock where frames come slower than
    the video will show them.

    Args:
        folder: exists, holds no segments.
        fps: of the video.
        frame_wh: (width, height), pixels.
        segment_s: seconds.
        clock: gives seconds.

    Attributes:
        paths: of the closed segments, in order.
        frames: in all closed segments together.
    """

    def __init__(
        self,
        folder: Path,
        fps: float,
        frame_wh: tuple[int, int],
        segment_s: float = SEGMENT_S,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.folder = folder
        self.fps = fps
        self.frame_wh = frame_wh
        self.paths: list[Path] = []
        self.frames = 0
        self._segment_s = segment_s
        self._clock = clock
        self._writer: cv2.VideoWriter | None = None
        self._partial = folder  # of the open segment
        self._open_frames = 0
        self._opened_s = 0.0

    def write(self, frame_bgr_u8: np.ndarray) -> None:
        """Adds a frame, (H, W, 3) uint8 of size `frame_wh`.

        Raises:
            OSError: if it can't be written.
        """
        now_s = self._clock()
        if self._writer is not None and (
            self._open_frames + 1 > max(1, int(self._segment_s * self.fps))
            or now_s - self._opened_s >= self._segment_s
        ):
            self.close()
        if self._writer is None:
            self._partial = self.folder / f"{PARTIAL}{len(self.paths) + 1:06d}.mp4"
            self._writer = _opened(self._partial, self.fps, self.frame_wh)
            self._open_frames, self._opened_s = 0, now_s
        with captured_stderr() as complaints:
            self._writer.write(frame_bgr_u8)
        _check_written(complaints)
        self._open_frames += 1

    def close(self) -> None:
        """Closes the open segment, if there is one, and gives it its name.

        Raises:
            OSError: if it is not whole on the disk; then it is removed. Where there is no descriptor or no memory to find that
                out, it stays, without its name.
        """
        if self._writer is None:
            return
        self._writer.release()
        self._writer = None
        if not _is_whole(self._partial, self._open_frames):
            self._partial.unlink(missing_ok=True)
            raise OSError(_NOT_WHOLE)
        _sync(self._partial)
        path = self.folder / self._partial.name.removeprefix(PARTIAL)
        os.replace(self._partial, path)
        self.paths.append(path)
        self.frames += self._open_frames

    def join(self, path: Path) -> None:
        """Makes the closed segments one video, without encoding anything anew, and removes them.

        The segments stay where it fails, and the path free.

        Raises:
            OSError: if the video is not whole on the disk.
        """
        if len(self.paths) == 1:
            os.replace(self.paths[0], path)
        else:
            with beside(path) as partial:
                settings = _copy_packets(self.paths, partial, self.fps, self.frame_wh)
                add_settings(partial, settings)
                if not _is_whole(partial, self.frames):
                    raise OSError(_NOT_WHOLE)
                _sync(partial)
        remove_segments(self.folder)


def whole_segments(folder: Path) -> list[Path]:
    """The closed segments in a folder, in order; none if there is no such folder."""
    return sorted(path for path in folder.glob("*.mp4") if path.stem.isdecimal())


def remove_segments(folder: Path) -> None:
    """Removes segments, whole or not, and the folder if nothing else is in it; no such folder is fine."""
    for path in folder.glob("*.mp4"):
        if path.stem.removeprefix(PARTIAL).isdecimal():
            path.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _opened(path: Path, fps: float, frame_wh: tuple[int, int], parameters: Sequence[int] = ()):
    with captured_stderr():
        writer = cv2.VideoWriter(native_path(path), cv2.CAP_FFMPEG, _CODEC, fps, frame_wh, list(parameters))
    if not writer.isOpened():
        raise OSError(f"no MP4 video of {frame_wh[0]}x{frame_wh[1]} at {fps:g} fps could be opened")
    return writer


def _copy_packets(paths: Sequence[Path], to_path: Path, fps: float, frame_wh: tuple[int, int]) -> bytes:
    """Copies the encoded frames; returns the decoder's settings, the same in every segment.

    OpenCV hands frames out encoded (format -1) and takes them so (raw) since 4.10.
    """
    # An interval that never ends: which frames are key frames is said for each.
    raw = [cv2.VIDEOWRITER_PROP_RAW_VIDEO, 1, cv2.VIDEOWRITER_PROP_KEY_INTERVAL, 2**30]
    writer = _opened(to_path, fps, frame_wh, raw)
    settings = b""
    for path in paths:
        with captured_stderr() as complaints:
            capture = cv2.VideoCapture(native_path(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
            # The raw writer takes no settings, so each segment's first frame brings them.
            begin = capture.retrieve(flag=int(capture.get(cv2.CAP_PROP_CODEC_EXTRADATA_INDEX)))[1]
            while (read := capture.read())[0]:
                packet = read[1].reshape(1, -1)
                if begin is not None:
                    settings = begin.tobytes()
                    packet = np.concatenate([begin.reshape(1, -1), packet], axis=1)
                    begin = None
                writer.set(cv2.VIDEOWRITER_PROP_KEY_FLAG, capture.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME))
                writer.write(packet)
            capture.release()
        _check_written(complaints)
    writer.release()
    return settings


def _check_written(complaints: Sequence[str]) -> None:
    # The writer raises nothing and returns nothing: what OpenCV prints is the only sign before the end.
    if any("Failed to write frame" in line for line in complaints):
        raise OSError("the video can't be written, perhaps the disk is full")


def _is_whole(path: Path, frames: int) -> bool:
    """Whether a video has so many frames, and its last.

    Raises:
        OSError: if that can't be found out now.
    """
    with captured_stderr():
        capture = cv2.VideoCapture(native_path(path), cv2.CAP_FFMPEG)
        opened = capture.isOpened()
        whole = opened and int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) == frames
        # The index may be whole and the frames behind it not: decode the last.
        capture.set(cv2.CAP_PROP_POS_FRAMES, frames - 1)
        whole = whole and capture.read()[0]
        capture.release()
    # Of a good file that it has no descriptor or no memory for, OpenCV says what it says of a bad one.
    if not opened and has_head(path):
        raise OSError(f"{path.name} could not be opened to check it, and stays as it is")
    return whole


def _sync(path: Path) -> None:
    """Waits until a file is on the disk: a renamed one whose content is not would be empty after a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
