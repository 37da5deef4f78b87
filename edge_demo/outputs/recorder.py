"""Headless output: a video with the boxes drawn in, and one line of JSON per frame.

While it runs, `frames.jsonl` grows by whole lines and `segments/` by whole pieces of video; at the end the
pieces become `video.mp4`. Whatever ends the run, what bears these names can be read.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from pathlib import Path

import cv2
import numpy as np

from edge_demo.camera.frames import Frame
from edge_demo.errors import EdgeError
from edge_demo.folder_lock import LOCK, FolderLock
from edge_demo.model.object_match import MatchResult
from edge_demo.native_path import native_path
from edge_demo.outputs.listener import Listener, Opener
from edge_demo.outputs.segments import SEGMENT_S, Segments, remove_segments, whole_segments
from edge_demo.plain_file import check_own
from edge_demo.results.answers import answer_fields
from edge_demo.results.place import other_places, place_fields
from edge_demo.screen.scene import Scene
from edge_demo.whole_file import PARTIAL, append_whole, opened_anew

VIDEO = "video.mp4"
LINES = "frames.jsonl"
SEGMENTS = "segments"


class Recorder(Listener):
    """Writes `video.mp4` and `frames.jsonl` into a folder.

    As a context manager it closes, whatever ended the block. After a kill, `segments/` has the video but for its
    last seconds, and `frames.jsonl` every frame. Before the first frame nothing is made or replaced.

    Args:
        folder: made if missing; must be empty unless `overwrite`.
        overwrite: whether to replace an earlier recording; all other files stay.
        segment_s: how many seconds a kill may cost.

    Raises:
        EdgeError: if the folder is not empty, can't be written, has no name in UTF-8, or another program writes to it; on a call, if the
            disk is full.
    """

    enough_for = "--out DIR"

    def __init__(self, folder: str | os.PathLike[str], overwrite: bool = False, segment_s: float = SEGMENT_S):
        native_path(folder)  # what FFmpeg can't write to is said before anything is made
        self.folder = Path(folder)
        self._segment_s = segment_s
        self._partial_lines = self.folder / (PARTIAL + LINES)
        self._segments: Segments | None = None
        self._lines_size = 0  # bytes
        self._closed = False
        try:
            self._lock = FolderLock(self.folder)
            try:
                self._begin(overwrite)
            except BaseException:
                self._lock.close()
                raise
        except OSError as error:
            raise EdgeError(f"{folder}: expected a folder to write to, received: {error.strerror}.") from None

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--out",
            type=Path,
            metavar="DIR",
            help="where --headless or --web writes video.mp4 and frames.jsonl",
        )
        parser.add_argument("--overwrite", action="store_true", help="replace an earlier recording in DIR")

    @classmethod
    def from_arguments(cls, arguments: argparse.Namespace) -> Opener | None:
        if arguments.out is None:
            return None
        if not (arguments.headless or arguments.web):
            raise EdgeError("Expected --headless or --web with --out DIR, or neither for a window.")
        return lambda *_run: cls(arguments.out, arguments.overwrite)

    @property
    def files(self) -> tuple[Path, Path]:
        """Where the video and the lines are after `close`."""
        return self.folder / VIDEO, self.folder / LINES

    def step(self, frame: Frame, result: MatchResult, scene: Scene) -> None:
        """Adds a frame as it is shown, with what the model said of it."""
        self.write(frame, scene.drawn(), result)

    def write(self, frame: Frame, drawn_bgr_u8: np.ndarray, result: MatchResult) -> None:
        """Adds one frame.

        Args:
            frame: its index and rate are recorded; the first one's size becomes the video's.
            drawn_bgr_u8: (H, W, 3) uint8, what the video shows.
            result: becomes the line.
        """
        try:
            if self._segments is None:
                self._segments = self._begun(frame.fps, (drawn_bgr_u8.shape[1], drawn_bgr_u8.shape[0]))
            self._segments.write(_letterboxed(drawn_bgr_u8, self._segments.frame_wh))
            self._write_line(json_line(frame.index, result))
        except OSError as error:
            raise self._failed(error) from None

    def close(self) -> None:
        """Closes the lines and joins the video; without any frame, removes both. A second time nothing happens.

        Raises:
            EdgeError: if the video can't be joined or its end not be written; the segments before stay.
        """
        if self._closed:
            return
        if self._segments is None:
            self._discard()
            return
        try:
            self._segments.close()
            os.fsync(self._lines.fileno())
            self._segments.join(self.folder / VIDEO)
        except OSError as error:
            raise self._failed(error) from None
        self._end()

    def __exit__(self, exception_type: type[BaseException] | None, *_exception: object) -> None:
        if exception_type in (None, KeyboardInterrupt):
            self.close()
        else:
            with contextlib.suppress(EdgeError):  # the first failure is the one to report
                self.close()

    def _begin(self, overwrite: bool) -> None:
        """Takes the folder, if it is ours to take."""
        if any(path.name != LOCK for path in self.folder.iterdir()) and not overwrite:
            found = self._cut_off() or "files"
            raise EdgeError(
                f"{self.folder}: expected an empty folder, found {found}. Choose another or add --overwrite."
            )
        segments = self.folder / SEGMENTS
        for path in (self.folder / VIDEO, self.folder / LINES, segments, *segments.glob("[!.]*.mp4")):
            check_own(path)
        # Unbuffered: what was written outlives this process, and a full disk shows now and not an hour later.
        self._lines = opened_anew(self._partial_lines)

    def _end(self) -> None:
        self._closed = True
        self._lines.close()
        self._lock.close()

    def _cut_off(self) -> str:
        """What a run that was killed left of its video, in words; empty if nothing."""
        pieces = len(whole_segments(self.folder / SEGMENTS))
        return f"a recording that was cut off, {pieces} in {SEGMENTS}/" if pieces else ""

    def _begun(self, fps: float, frame_wh: tuple[int, int]) -> Segments:
        """Replaces an earlier recording by the beginning of this one."""
        folder = self.folder / SEGMENTS
        if cut_off := self._cut_off():
            print(f"{self.folder}: overwrote {cut_off}.", file=sys.stderr)
        remove_segments(folder)
        (self.folder / VIDEO).unlink(missing_ok=True)
        (self.folder / (PARTIAL + VIDEO)).unlink(missing_ok=True)  # of a run that was killed while it joined
        folder.mkdir(exist_ok=True)
        os.replace(self._partial_lines, self.folder / LINES)
        return Segments(folder, fps, frame_wh, self._segment_s)

    def _write_line(self, line: str) -> None:
        content = (line + "\n").encode()
        append_whole(self._lines, content)
        self._lines_size += len(content)

    def _failed(self, error: OSError) -> EdgeError:
        """Ends the recording with what can be kept of it, and says what that is."""
        kept = 0
        if self._segments is not None:
            with contextlib.suppress(OSError):
                self._segments.close()
            kept = len(self._segments.paths)
        if kept or self._lines_size:
            self._remove_if_empty(self.folder / SEGMENTS)
            self._end()
            rest = f"Kept what is whole: {kept} in {SEGMENTS}/, {LINES} so far."
        else:
            self._discard()
            rest = "Nothing was recorded."
        return EdgeError(
            f"{self.folder}: expected to write {VIDEO} and {LINES}, received: {error.strerror or error}. {rest} "
            f"Free some space or choose another folder."
        )

    def _discard(self) -> None:
        """Removes what was begun, and the folder if it was made for it."""
        self._partial_lines.unlink(missing_ok=True)
        if self._segments is not None:
            (self.folder / LINES).unlink(missing_ok=True)
            self._remove_if_empty(self.folder / SEGMENTS)
        self._end()

    @staticmethod
    def _remove_if_empty(folder: Path) -> None:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def json_line(index: int, result: MatchResult) -> str:
    """One frame's line: its index, the latency, and every reference's score, decision and place."""
    objects = [
        {
            "name": item.name,
            **answer_fields(item, 4),
            "match": item.match,
            "looked": item.looked,
            **place_fields(item, 2),
            "others": other_places(item, 2),
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
