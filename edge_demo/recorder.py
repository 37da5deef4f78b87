"""Headless output: a video with the boxes drawn in, and one line of JSON per frame.

Both files are written under other names and renamed when they are whole, so what bears the final names is
never half-written.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import cv2
import numpy as np

from edge_demo.camera import Frame
from edge_demo.errors import EdgeError
from edge_demo.matcher import MatchResult
from edge_demo.native_log import captured_stderr

VIDEO = "video.mp4"
LINES = "frames.jsonl"


class Recorder:
    """Writes `video.mp4` and `frames.jsonl` into a folder.

    As a context manager it closes on a clean end or Ctrl-C, and discards on any other exception.

    Args:
        folder: made if missing; must be empty unless `overwrite`.
        overwrite: whether to replace the two files; all others stay.

    Raises:
        EdgeError: if the folder is not empty or can't be written; on a call, if the disk is full.
    """

    def __init__(self, folder: str | os.PathLike[str], overwrite: bool = False):
        self.folder = Path(folder)
        self._made_folders: list[Path] = []
        # The suffix stays at the end: it tells OpenCV the container.
        self._partial_video = self.folder / f".partial-{VIDEO}"
        self._partial_lines = self.folder / f".partial-{LINES}"
        self._video: cv2.VideoWriter | None = None
        self._video_wh = (0, 0)
        self._frames = 0
        try:
            self._made_folders = [path for path in (self.folder, *self.folder.parents) if not path.exists()]
            self.folder.mkdir(parents=True, exist_ok=True)
            if any(self.folder.iterdir()) and not overwrite:
                raise EdgeError(
                    f"{folder}: expected an empty folder, found files. Choose another or add --overwrite."
                )
            self._lines = self._partial_lines.open("w", encoding="utf-8")
        except OSError as error:
            self._remove_made_folders()
            raise EdgeError(f"{folder}: expected a folder to write to, received: {error.strerror}.") from None

    @property
    def files(self) -> tuple[Path, Path]:
        """Where the video and the lines are after `close`."""
        return self.folder / VIDEO, self.folder / LINES

    def write(self, frame: Frame, drawn_bgr_u8: np.ndarray, result: MatchResult) -> None:
        """Adds one frame.

        Args:
            frame: its index and rate are recorded; the first one's size becomes the video's.
            drawn_bgr_u8: (H, W, 3) uint8, what the video shows.
            result: becomes the line.
        """
        if self._video is None:
            self._video_wh = (drawn_bgr_u8.shape[1], drawn_bgr_u8.shape[0])
            self._video = self._opened_video(frame.fps)
        with captured_stderr() as complaints:
            self._video.write(_letterboxed(drawn_bgr_u8, self._video_wh))
        # The writer raises nothing and returns nothing: what OpenCV prints is the only sign before the end.
        if any("Failed to write frame" in line for line in complaints):
            raise EdgeError(self._unwritable("the video can't be written, perhaps the disk is full"))
        try:
            self._lines.write(json_line(frame.index, result) + "\n")
            self._lines.flush()  # others may follow the file, and a full disk shows now and not an hour later
        except OSError as error:
            raise EdgeError(self._unwritable(error.strerror)) from None
        self._frames += 1

    def close(self) -> None:
        """Finishes both files and gives them their names; without any frame, discards them.

        Raises:
            EdgeError: if the video on disk is not whole; then both files are removed.
        """
        if self._frames == 0:
            self.discard()
            return
        try:
            self._lines.close()
            self._video.release()
            if not self._video_is_whole():
                raise EdgeError(self._unwritable("the video is not whole, perhaps the disk is full"))
            for partial, path in zip((self._partial_video, self._partial_lines), self.files, strict=True):
                os.replace(partial, path)
        except OSError as error:
            self.discard()
            raise EdgeError(self._unwritable(error.strerror)) from None
        except EdgeError:
            self.discard()
            raise

    def discard(self) -> None:
        """Removes what was written so far, and the folder if it was made for it."""
        with contextlib.suppress(OSError):  # on a full disk, where closing tries to write the rest
            self._lines.close()
        if self._video is not None:
            self._video.release()
        self._partial_lines.unlink(missing_ok=True)
        self._partial_video.unlink(missing_ok=True)
        self._remove_made_folders()

    def __enter__(self):
        return self

    def __exit__(self, exception_type: type[BaseException] | None, *_exception: object) -> None:
        if exception_type in (None, KeyboardInterrupt):
            self.close()
        else:
            self.discard()

    def _remove_made_folders(self) -> None:
        for folder in self._made_folders:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _opened_video(self, fps: float) -> cv2.VideoWriter:
        with captured_stderr():
            codec = cv2.VideoWriter.fourcc(*"mp4v")
            video = cv2.VideoWriter(str(self._partial_video), cv2.CAP_FFMPEG, codec, fps, self._video_wh)
        if not video.isOpened():
            width, height = self._video_wh
            raise EdgeError(
                self._unwritable(f"no MP4 video of {width}x{height} at {fps:g} fps could be opened")
            )
        return video

    def _video_is_whole(self) -> bool:
        with captured_stderr():
            capture = cv2.VideoCapture(str(self._partial_video), cv2.CAP_FFMPEG)
            complete = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) == self._frames
            # The index may be whole and the frames behind it not: decode the last.
            capture.set(cv2.CAP_PROP_POS_FRAMES, self._frames - 1)
            complete = complete and capture.read()[0]
            capture.release()
        return complete

    def _unwritable(self, reason: str) -> str:
        advice = "Free some space or choose another folder."
        return f"{self.folder}: expected to write {VIDEO} and {LINES}, received: {reason}. {advice}"


def json_line(index: int, result: MatchResult) -> str:
    """One frame's line: its index, the latency, and every reference's score, decision and box."""
    objects = [
        {
            "name": item.name,
            "score": round(item.score, 4),
            "match": item.match,
            "box_px": [round(edge, 2) for edge in item.box_px],
        }
        for item in result.objects
    ]
    line = {"frame": index, "latency_ms": round(result.latency_ms, 3), "objects": objects}
    return json.dumps(line, ensure_ascii=False, allow_nan=False)


def _letterboxed(frame_bgr_u8: np.ndarray, wh: tuple[int, int]) -> np.ndarray:
    """Fits a frame into the video's size, black at its sides: only folders mix sizes."""
    height, width = frame_bgr_u8.shape[:2]
    if (width, height) == wh:
        return frame_bgr_u8
    scale = min(wh[0] / width, wh[1] / height)
    inner_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    left, top = (wh[0] - inner_wh[0]) // 2, (wh[1] - inner_wh[1]) // 2
    canvas = np.zeros((wh[1], wh[0], 3), np.uint8)
    canvas[top : top + inner_wh[1], left : left + inner_wh[0]] = cv2.resize(
        frame_bgr_u8, inner_wh, interpolation=cv2.INTER_AREA
    )
    return canvas
