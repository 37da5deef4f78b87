"""What is made of every result besides a picture: it is steadied, and what happened is told."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from edge_demo.camera.sources import Frame
from edge_demo.model.matcher import MatchResult
from edge_demo.outputs.events import Event, EventLog, Events
from edge_demo.smoothing import Smoothing


class Listener(Protocol):
    """Whom an observer tells. None of the calls may take long or raise: frames wait for them."""

    def tell(self, event: Event, frame: Frame, steadied: MatchResult) -> None:
        """This frame decided an event."""

    def step(self) -> None:
        """Another frame has passed."""

    def close(self) -> None:
        """The last frame has passed."""


class Observer:
    """Give it every frame, in order. As a context manager it closes the log of events and the listeners.

    Args:
        smoothing: steadies; its level may be moved.
        folder: where events are written; None: nowhere.
        listeners: are told of events.
        live: whether the clock says when a frame was; if not, its number and rate do.
    """

    def __init__(self, smoothing: Smoothing, folder: Path | None, listeners: Sequence[Listener], live: bool):
        self.smoothing = smoothing
        self._events, self._log, self._listeners = Events(), EventLog(folder), listeners
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
            for listener in self._listeners:
                listener.tell(event, frame, steadied)
        for listener in self._listeners:
            listener.step()
        return steadied

    def __enter__(self):
        self._log.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        with contextlib.ExitStack() as stack:
            stack.push(self._log)
            for listener in self._listeners:
                stack.callback(listener.close)
