"""Where the loop that watches and the server meet.

Only the loop's thread touches model and objects; what viewers want done waits until its next frame.
"""

from __future__ import annotations

import concurrent.futures
import queue
from collections.abc import Callable

from edge_demo.errors import EdgeError
from edge_demo.screen.orders import Order
from edge_demo.screen.scene import Scene


class Board:
    """The newest scene for whoever looks, and their orders for the loop.

    Args:
        level: score in [0, 1] from which an object counts as a match, to begin with.

    Attributes:
        level: as viewers have set it.
        outlines: whether they see outlines, where there are any.
        candidates: whether they see what is no match, too.
        scene: the newest; None before the first.
        shown: how many there have been.
        told: called after each, in the loop's thread, so it must be quick; None while nobody looks.
    """

    def __init__(self, level: float):
        self.level = level
        self.outlines, self.candidates = True, False
        self.scene: Scene | None = None
        self.shown = 0
        self.told: Callable[[], object] | None = None
        self._orders: queue.SimpleQueue[tuple[concurrent.futures.Future, Scene, Order]] = queue.SimpleQueue()

    def show(self, scene: Scene) -> None:
        """The loop's: shows a scene, and carries out what was ordered since the last."""
        self.scene = scene
        self.shown += 1
        told = self.told
        if told is not None:
            told()
        while not self._orders.empty():
            future, of_scene, order = self._orders.get()
            if not future.set_running_or_notify_cancel():  # nobody waits for it any more
                continue
            try:
                future.set_result(of_scene.carry_out(order))
            except EdgeError as error:
                future.set_exception(error)

    def order(self, scene: Scene, order: Order) -> concurrent.futures.Future[str]:
        """The server's: asks for what `Scene.carry_out` does; its line, or its EdgeError, comes with a later frame."""
        future: concurrent.futures.Future[str] = concurrent.futures.Future()
        self._orders.put((future, scene, order))
        return future
