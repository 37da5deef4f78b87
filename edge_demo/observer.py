"""What is made of every result besides a picture: it is steadied, and what happened is told."""

from __future__ import annotations

import time
from pathlib import Path

from edge_demo.camera import Frame
from edge_demo.events import EventLog, Events
from edge_demo.matcher import MatchResult
from edge_demo.on_seen import OnSeen
from edge_demo.smoothing import Smoothing


class Observer:
    """Give it every frame, in order. As a context manager it closes the log of events.

    Args:
        smoothing: steadies; its level may be moved.
        folder: where events are written; None: nowhere.
        command: run when an object is seen; None: nothing.
        live: whether the clock says when a frame was; if not, its number and rate do.
    """

    def __init__(self, smoothing: Smoothing, folder: Path | None, command: OnSeen | None, live: bool):
        self.smoothing = smoothing
        self._events, self._log, self._command = Events(), EventLog(folder), command
        self.live, self._start_s = live, time.monotonic()

    @property
    def files(self) -> tuple[Path, ...]:
        """Written, after a clean end."""
        return self._log.files

    def update(self, frame: Frame, result: MatchResult) -> MatchResult:
        """Steadies a result and tells what happened.

        Raises:
            EdgeError: if the log can't be written.
        """
        time_s = time.monotonic() - self._start_s if self.live else frame.index / frame.fps
        steadied = self.smoothing.update(result, time_s)
        for event in self._events.update(steadied, time_s):
            self._log.write(event, frame.index)
            if self._command is not None and event.kind == "seen":
                self._command.start(event)
        if self._command is not None:
            self._command.reap()
        return steadied

    def __enter__(self):
        self._log.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._log.__exit__(*exception)
