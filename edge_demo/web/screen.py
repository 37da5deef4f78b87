"""The page as a screen: whoever may see it sees what a window would show."""

from __future__ import annotations

import time

from edge_demo.errors import EdgeError
from edge_demo.screen.scene import Scene
from edge_demo.screen.screen import Screen
from edge_demo.web import endpoint
from edge_demo.web.board import Board
from edge_demo.web.guard import Guard
from edge_demo.web.server import Server
from edge_demo.web.timeline import Timeline


class WebScreen(Screen):
    """Listens at once, so that a wrong address is told before anything that takes time; serves while the block lasts.

    Args:
        level: score in [0, 1] from which an object counts as a match, to begin with.
        address: as `endpoint.opened` takes it.
        token: what one must know to see the page; None: nothing.

    Raises:
        EdgeError: as `endpoint.opened` and `Guard`.
    """

    watched = waits = True

    def __init__(self, level: float, address: str, token: str | None):
        super().__init__(level)
        self.endpoint = endpoint.opened(address)
        try:
            guard = Guard(self.endpoint, token)
        except EdgeError:
            self.endpoint.socket.close()
            raise
        self._board, timeline = Board(level), Timeline()
        self.openers = [timeline.of]
        self._server = Server(self.endpoint, guard, self._board, timeline)

    @property
    def level(self) -> float:
        return self._board.level

    def __enter__(self):
        self._server.__enter__()
        print(f"Open {self.endpoint.url} in a browser; Ctrl-C ends.", flush=True)
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.__exit__(*exception)
        if self._board.scene is not None:  # nobody is there any more to undo a deletion
            self._board.scene.objects.clear()

    def show(self, scene: Scene, wait_s: float) -> tuple[bool, float]:
        """As `Screen.show`; nobody can hold a scene, and Ctrl-C ends the program."""
        begun_s = time.perf_counter()
        self._board.show(scene)
        time.sleep(max(0.0, wait_s - (time.perf_counter() - begun_s)))
        return True, 0.0
