"""A picture of everything that is seen, and a log of what happened, in a folder that never outgrows its limit.

    seen/
      20260501T101500.250Z-cup.jpg     UTC and the object; the frame with its boxes drawn in
      events.jsonl                     what came and went, with the time and the name of its picture
      events-before.jsonl              the log before that one

It is made to run for weeks: a new run goes on with what it finds, the oldest pictures make room for new ones, and while
the disk is full or gone nothing is written and everything else goes on.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import datetime
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from edge_demo.bounds import positive
from edge_demo.camera.frames import Frame
from edge_demo.errors import EdgeError
from edge_demo.folder_lock import LOCK, FolderLock
from edge_demo.gallery.object_name import safe_name
from edge_demo.gallery.objects import Objects
from edge_demo.model.object_match import MatchResult
from edge_demo.outputs.event_log import LINES
from edge_demo.outputs.listener import Listener, Opener
from edge_demo.outputs.recorder import LINES as FRAMES
from edge_demo.outputs.recorder import VIDEO
from edge_demo.outputs.snapshot_log import LINES_BEFORE, LOGS, pictures_named, tidy
from edge_demo.results.events import Event, event_fields, utc_now
from edge_demo.screen import overlay
from edge_demo.screen.screen import Screen
from edge_demo.whole_file import PARTIAL, append_whole, opened_to_grow, write_whole

LIMIT_MB = 500
LINES_SHARE = 20  # each of the two logs gets this part of the limit
QUALITY = 90  # of the JPEGs, of 100
_SNAPSHOT = re.compile(r"\d{8}T\d{6}\.\d{3}Z-.+\.jpg")
_COMMENT = b"GetNet-TF snapshot"
_MARK = b"\xff\xfe" + (len(_COMMENT) + 2).to_bytes(2, "big") + _COMMENT  # a segment of the JPEG
_HEAD_BYTES = 200  # of a JPEG, in which OpenCV's first segment and the mark lie


class Snapshots(Listener):
    """Keeps pictures of what was seen, and a log.

    Args:
        folder: made if missing; files that are not ours stay and don't count.
        limit: bytes that all our files together may take.
        objects: say the colours of the boxes.
        clock: gives the time, UTC.

    Raises:
        EdgeError: if the folder can't be written to begin with, another program writes to it, or its log or a recording in it is not
            ours to go on with.
    """

    enough_for = "--snapshots DIR"

    def __init__(
        self,
        folder: Path,
        limit: int,
        objects: Objects,
        clock: Callable[[], datetime.datetime] = utc_now,
    ):
        self.folder = folder
        self._limit, self._objects, self._clock = limit, objects, clock
        self._failing: set[str] = set()
        try:
            self._lock = FolderLock(folder)
            try:
                self._begin()
            except BaseException:
                self._lock.close()
                raise
        except OSError as error:
            raise EdgeError(
                f"{folder}: expected a folder to keep snapshots in, received: {error.strerror}. Choose another."
            ) from None

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--snapshots",
            type=Path,
            metavar="DIR",
            help="keep a picture of everything that is seen, and events.jsonl",
        )
        parser.add_argument(
            "--limit",
            type=positive,
            metavar="MB",
            help=f"of --snapshots: the oldest make room for new ones (default: {LIMIT_MB})",
        )

    @classmethod
    def from_arguments(cls, arguments: argparse.Namespace) -> Opener | None:
        folder, out = arguments.snapshots, arguments.out
        if folder is None and arguments.limit is not None:
            raise EdgeError(
                "Expected --snapshots DIR with --limit, which says how large that folder may become."
            )
        if folder is None:
            return None
        if out is not None and out.resolve() == folder.resolve():
            raise EdgeError(
                "Expected two folders for --out and --snapshots, received one: each has an events.jsonl."
            )

        def opened(objects: Objects, screen: Screen) -> Snapshots:
            snapshots = cls(folder, (arguments.limit or LIMIT_MB) * 1_000_000, objects)
            screen.save, screen.snapshots = snapshots.save, folder
            return snapshots

        return opened

    def tell(self, event: Event, frame: Frame, steadied: MatchResult) -> None:
        """Keeps a picture of what was seen, and a line of what happened."""
        utc = self._clock()
        fields = event_fields(event, frame.index, utc)
        if event.kind == "seen":
            colors = {known.name: known.color for known in self._objects.known}
            drawn_bgr_u8 = overlay.draw(frame.frame_bgr_u8, steadied, colors=colors)
            path = self._save(drawn_bgr_u8, event.name, utc)
            fields["snapshot"] = None if path is None else path.name
        line = json.dumps(fields, ensure_ascii=False, allow_nan=False) + "\n"
        self._write("events", lambda: self._add_line(line.encode()))

    def save(self, drawn_bgr_u8: np.ndarray, name: str) -> Path | None:
        """Keeps a picture, (H, W, 3) uint8, under the time and a name; None if it can't be written now."""
        return self._save(drawn_bgr_u8, name, self._clock())

    def close(self) -> None:
        """Lets others write to the folder."""
        self._lock.close()

    def _begin(self) -> None:
        """Goes on with what is there, if it is ours."""
        for name in (FRAMES, VIDEO):
            if os.path.lexists(self.folder / name):
                raise EdgeError(
                    f"{self.folder}: expected a folder of snapshots, or none, received one with a recording, {name}. Choose another "
                    f"folder."
                )
        named = pictures_named(self.folder)
        for partial in self.folder.glob(f"{PARTIAL}*"):  # of a run that was killed while it wrote
            name = partial.name[len(PARTIAL) :]
            if name in LOGS or is_snapshot(name):
                partial.unlink()
        paths = sorted(path for path in self.folder.iterdir() if is_snapshot(path.name))
        # In the order they were made, so that a clock which is set back confuses nothing while we run.
        self._sizes = collections.OrderedDict(
            (path, path.stat().st_size) for path in paths if path.name in named or _is_marked(path)
        )
        for name in LOGS:
            tidy(self.folder / name, self._limit // LINES_SHARE)
        self._make_room(0)

    def _save(self, drawn_bgr_u8: np.ndarray, name: str, utc: datetime.datetime) -> Path | None:
        _, jpeg = cv2.imencode(".jpg", drawn_bgr_u8, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        path = self._path(name, utc)
        while os.path.lexists(path):  # small pictures of a folder take less than a millisecond
            utc += datetime.timedelta(milliseconds=1)
            path = self._path(name, utc)
        return (
            path
            if self._write("snapshots", lambda: self._add_picture(path, _marked(jpeg.tobytes())))
            else None
        )

    def _path(self, name: str, utc: datetime.datetime) -> Path:
        time = utc.strftime("%Y%m%dT%H%M%S.%f")[:-3]
        return self.folder / f"{time}Z-{safe_name(name)}.jpg"

    def _add_picture(self, path: Path, content: bytes) -> None:
        self._make_room(len(content))
        write_whole(path, content)
        self._sizes[path] = len(content)

    def _add_line(self, line: bytes) -> None:
        path = self.folder / LINES
        if _size(path) + len(line) > self._limit // LINES_SHARE:
            with contextlib.suppress(FileNotFoundError):
                os.replace(path, self.folder / LINES_BEFORE)
        self._make_room(len(line))
        with opened_to_grow(path) as file:
            append_whole(file, line)

    def _make_room(self, size: int) -> None:
        """Removes the oldest pictures until `size` more bytes are within the limit."""
        taken = sum(self._sizes.values())
        taken += sum(_size(self.folder / name) for name in (*LOGS, LOCK))
        while taken + size > self._limit and self._sizes:
            oldest, freed = next(iter(self._sizes.items()))
            oldest.unlink(missing_ok=True)
            del self._sizes[oldest]
            taken -= freed
        if taken + size > self._limit:
            raise OSError(None, f"{size} bytes are too many for the limit of {self._limit}")

    def _write(self, what: str, call: Callable[[], None]) -> bool:
        """Whether it worked. Of each kind, the first failure in a row is told, and the end of it."""
        try:
            call()
        except OSError as error:
            if what not in self._failing:
                print(
                    f"{self.folder}: expected to write {what}, received: {error.strerror}. They are lost until they can "
                    f"be written again; free some space.",
                    file=sys.stderr,
                )
            self._failing.add(what)
            return False
        if what in self._failing:
            print(f"{self.folder}: {what} are written again.", file=sys.stderr)
        self._failing.discard(what)
        return True


def is_snapshot(name: str) -> bool:
    """Whether a picture of ours may be called so."""
    return _SNAPSHOT.fullmatch(name) is not None and Path(name).name == name


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _marked(jpeg: bytes) -> bytes:
    """A JPEG that says that it is ours, as others may name theirs by the time, too."""
    end = 4 + int.from_bytes(
        jpeg[4:6], "big"
    )  # of the first segment, which readers of JFIF expect to be the first
    return jpeg[:end] + _MARK + jpeg[end:]


def _is_marked(path: Path) -> bool:
    with open(path, "rb") as file:
        return _MARK in file.read(_HEAD_BYTES)
