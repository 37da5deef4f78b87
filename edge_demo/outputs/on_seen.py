"""A command of the user's, run when an object is seen."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys

from edge_demo.errors import EdgeError
from edge_demo.outputs.listener import Listener, Opener
from edge_demo.results.events import Event

MOST_AT_ONCE = 8  # a command that never ends must not fill the computer with its copies


class OnSeen(Listener):
    """Starts the command and goes on at once.

    The command gets GETNET_NAME, GETNET_SCORE and GETNET_KIND_SCORE, such as "cup", "0.93" and "0.97", in its environment, and
    GETNET_SAME: "true", or "" where only the kind was asked for. It runs without a shell: `sh
    -c '...'` brings one. Ctrl-C does not reach it, and it may outlive the program.

    Args:
        command: the program and its arguments, quoted as in a shell.

    Raises:
        EdgeError: if quotes don't close, or there is no such program.
    """

    def __init__(self, command: str):
        try:
            self._argv = shlex.split(command)
        except ValueError as error:
            raise EdgeError(f"--on-seen: expected a command, received {command!r:.200}: {error}.") from None
        if not self._argv or shutil.which(self._argv[0]) is None:
            name = self._argv[0] if self._argv else ""
            raise EdgeError(
                f"--on-seen: expected a program that can be run, received: {name!r:.200}. Check its path."
            )
        self._running: list[subprocess.Popen] = []
        self._complained = False

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--on-seen",
            metavar="COMMAND",
            help="run when an object is seen, without a shell; GETNET_NAME and GETNET_SCORE say what and how surely",
        )

    @classmethod
    def from_arguments(cls, arguments: argparse.Namespace) -> Opener | None:
        if arguments.on_seen is None:
            return None
        on_seen = cls(arguments.on_seen)  # now, because a command is what people get wrong
        return lambda *_run: on_seen

    def tell(self, event: Event, *_: object) -> None:
        """Starts the command for what was seen, unless too many of them still run."""
        if event.kind != "seen":
            return
        self.step()
        if len(self._running) >= MOST_AT_ONCE:
            self._complain(f"{MOST_AT_ONCE} of it still run, so no more are started until one ends")
            return
        environment = {
            **os.environ,
            "GETNET_NAME": event.name,
            "GETNET_SCORE": f"{event.score:.2f}",
            "GETNET_KIND_SCORE": f"{event.kind_score:.2f}",
            "GETNET_SAME": "" if event.same is None else str(event.same).lower(),
        }
        try:
            process = subprocess.Popen(
                self._argv, stdin=subprocess.DEVNULL, env=environment, start_new_session=True
            )
        except (OSError, ValueError) as error:
            self._complain(getattr(error, "strerror", None) or str(error))
            return
        self._running.append(process)

    def step(self, *_: object) -> None:
        """Lets go of commands that have ended, and reports the first that failed."""
        for process in self._running:
            if process.poll():  # neither running nor 0
                self._complain(f"exit code {process.returncode}")
        self._running = [process for process in self._running if process.returncode is None]

    def _complain(self, reason: str) -> None:
        if not self._complained:
            command = shlex.join(self._argv)
            print(
                f"--on-seen {command:.200}: expected it to run, received: {reason}. Not said again.",
                file=sys.stderr,
            )
            self._complained = True
