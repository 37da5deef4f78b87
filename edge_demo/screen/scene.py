"""One frame as it is shown, and what orders do to the objects in it."""

from __future__ import annotations

import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.gallery.objects import Objects
from edge_demo.model.object_match import MatchResult
from edge_demo.model.reference import counter_examples
from edge_demo.model.regions import piece_of
from edge_demo.screen import overlay
from edge_demo.screen.orders import Facts, Order


class Scene:
    """One frame, its result and the objects, which orders may change meanwhile.

    Args:
        frame_bgr_u8: (H, W, 3) uint8.
        result: of it.
        objects: of the run.
        fps: how many frames a second the program gets through; None: not shown.
        notice: of the source, such as that the camera is lost.
    """

    def __init__(
        self,
        frame_bgr_u8: np.ndarray,
        result: MatchResult,
        objects: Objects,
        fps: float | None = None,
        notice: str = "",
    ):
        self.frame_bgr_u8, self.result, self.objects, self.fps = frame_bgr_u8, result, objects, fps
        self.notice = notice

    def facts(self) -> Facts:
        """What orders are about. The model's own box is that of the object with the best score, of those that have one."""
        looked_at = (item for item in self.result.objects if item.box_px is not None)
        best = max(looked_at, key=lambda item: (item.score, item.kind_score), default=None)
        height, width = self.frame_bgr_u8.shape[:2]
        known = self.objects.known
        names, outlines = tuple(item.name for item in known), any(item.has_shape for item in known)
        matches = sorted((item for item in self.result.objects if item.match), key=lambda item: -item.score)
        matching = tuple(item.name for item in matches if item.name in names)
        return Facts(names, None if best is None else best.box_px, (width, height), outlines, matching)

    def drawn(self, outlines: bool = True) -> np.ndarray:
        """The frame with outlines, where there are any and they are wanted, and else boxes: (H, W, 3) uint8."""
        colors = {item.name: item.color for item in self.objects.known}
        return overlay.draw(self.frame_bgr_u8, self.result, self.fps, colors=colors, outlines=outlines)

    def obey(self, order: Order) -> str:
        """As `carry_out`, but what can't be done is such a line, too."""
        try:
            return self.carry_out(order)
        except EdgeError as error:
            return str(error)

    def carry_out(self, order: Order) -> str:
        """Remembers a view or a counter-example, or deletes an object; returns what became of it, in a line.

        Raises:
            EdgeError: as `Objects.add`, `Objects.not_this` and `Objects.delete`, or if what is said not to be it is no match.
        """
        if order.kind == "delete":
            self.objects.delete(order.name)
            return f"Deleted {order.name}"
        if order.kind == "not this":
            found = next(
                (item for item in self.result.objects if item.name == order.name and item.match), None
            )
            if found is None:
                raise EdgeError(
                    f"Expected {order.name} to be a match, received none in this picture. Try again when it is."
                )
            known = self.objects.not_this(order.name, piece_of(self.frame_bgr_u8, found.box_px))
            count = len(counter_examples(known.views))
            return f"Not {known.name}: {count} counter-example{'' if count == 1 else 's'}"
        known = self.objects.add(order.name, piece_of(self.frame_bgr_u8, order.box_px))
        return f"Remembered {known.name}, {views_of(len(known.views))}"


def views_of(count: int) -> str:
    """How many views, in words."""
    return "1 view" if count == 1 else f"{count} views"
