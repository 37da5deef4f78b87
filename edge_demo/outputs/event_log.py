"""A line of JSON for every event of a recording."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from edge_demo.camera.frames import Frame
from edge_demo.errors import EdgeError
from edge_demo.model.object_match import MatchResult
from edge_demo.outputs.listener import Listener, Opener
from edge_demo.plain_file import check_own
from edge_demo.results.events import Event, event_line
from edge_demo.whole_file import append_whole, opened_anew

LINES = "events.jsonl"


class EventLog(Listener):
    """Writes `events.jsonl`, if there is an event to write; an older one goes in any case.

    A line is in the file as soon as it is written, whole or not at all, so that a kill costs none of those before it.

    Args:
        folder: is there already.

    Raises:
        EdgeError: if a link or a pipe has the name; on a call, if the folder can't be written.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._file: BinaryIO | None = None
        with self._failing():
            check_own(folder / LINES)

    @classmethod
    def from_arguments(cls, arguments: argparse.Namespace) -> Opener | None:
        """Belongs to every recording: the options are the recorder's."""
        return None if arguments.out is None else lambda *_run: cls(arguments.out)

    @property
    def files(self) -> tuple[Path, ...]:
        """What was written: the log after a clean end, if there was an event."""
        return () if self._file is None else (self._folder / LINES,)

    def tell(self, event: Event, frame: Frame, steadied: MatchResult) -> None:
        """Adds an event."""
        with self._failing():
            if self._file is None:
                self._file = opened_anew(self._folder / LINES)
            append_whole(self._file, (event_line(event, frame.index) + "\n").encode())

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise EdgeError(
                f"{self._folder}: expected to write {LINES}, received: {error.strerror}. Free some space or choose "
                f"another folder."
            ) from None

    def __exit__(self, exception_type: type[BaseException] | None, *_exception: object) -> None:
        if self._file is not None:
            self._file.close()
        elif exception_type in (None, KeyboardInterrupt):
            (self._folder / LINES).unlink(missing_ok=True)
