"""One frame as it is shown, and what orders do to the objects in it."""

from __future__ import annotations

import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.gallery.objects import Objects
from edge_demo.model.object_match import MatchResult
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
        return Facts(names, None if best is None else best.box_px, (width, height), outlines)

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
        """Remembers a view or deletes an object; returns what became of it, in a line.

        Raises:
            EdgeError: as `Objects.add` and `Objects.delete`.
        """
        if order.kind == "delete":
            self.objects.delete(order.name)
            return f"Deleted {order.name}"
        height, width = self.frame_bgr_u8.shape[:2]
        xmin, ymin, xmax, ymax = (round(edge) for edge in order.box_px)
        area = self.frame_bgr_u8[max(ymin, 0) : min(ymax, height), max(xmin, 0) : min(xmax, width)]
        known = self.objects.add(order.name, area.copy())
        return f"Remembered {known.name}, {views_of(len(known.views))}"


def views_of(count: int) -> str:
    """How many views, in words."""
    return "1 view" if count == 1 else f"{count} views"
