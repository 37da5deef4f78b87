"""What every output is: told of what happens, and free to take no notice."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from edge_demo.camera.frames import Frame
from edge_demo.gallery.objects import Objects
from edge_demo.model.object_match import MatchResult
from edge_demo.results.events import Event
from edge_demo.screen.scene import Scene
from edge_demo.screen.screen import Screen


class Listener:
    """An output that does nothing, and what all others are made of; a context manager that closes.

    Frames wait for every call, so none may take long. What is beyond an output's power, such as a full disk, is a line on
    stderr, or an `EdgeError` if the run had better end.

    Attributes:
        files: what it has written, after a clean end.
        enough_for: the option that asks for it, if it is worth running without a screen for; "": it is not.
    """

    files: tuple[Path, ...] = ()
    enough_for = ""

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        """Adds its options to the command line."""

    @classmethod
    def from_arguments(cls, arguments: argparse.Namespace) -> Opener | None:
        """What opens it once the source is there; None if nobody asks for it.

        Raises:
            EdgeError: for options that can't be, alone or together.
        """
        return None

    def tell(self, event: Event, frame: Frame, steadied: MatchResult) -> None:
        """This frame decided an event; of the same frame comes before `step`."""

    def step(self, frame: Frame, result: MatchResult, scene: Scene) -> None:
        """Another new frame has passed, of which the model said `result`; the scene's own result is steadied."""

    def close(self) -> None:
        """The last frame has passed."""

    def __enter__(self):
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


Opener = Callable[[Objects, Screen], Listener]  # of the run; may raise EdgeError
