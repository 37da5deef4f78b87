"""What the window shows of one frame, and what its orders do."""

from __future__ import annotations

import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.gallery.objects import Objects
from edge_demo.model.matcher import MatchResult
from edge_demo.window import overlay
from edge_demo.window.controls import Controls, Facts, Order, hints, ordered
from edge_demo.window.plate import WHITE, draw_plate, plate_wh, unit_of

_MAX_LISTED = 12  # objects; more would cover the frame


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
        """What the keys act on. The model's own box is that of the object with the best score, of those that have one."""
        looked_at = (item for item in self.result.objects if item.box_px is not None)
        best = max(looked_at, key=lambda item: item.score, default=None)
        height, width = self.frame_bgr_u8.shape[:2]
        names = tuple(known.name for known in self.objects.known)
        return Facts(names, None if best is None else best.box_px, (width, height))

    def drawn(self) -> np.ndarray:
        """The frame with its boxes: (H, W, 3) uint8."""
        colors = {item.name: item.color for item in self.objects.known}
        return overlay.draw(self.frame_bgr_u8, self.result, self.fps, colors=colors)

    def draw(self, controls: Controls) -> np.ndarray:
        """The frame with boxes, the keys, the list and what is being dragged: (H, W, 3) uint8."""
        known, canvas = self.objects.known, self.drawn()
        unit, facts = unit_of(canvas), self.facts()
        height, line_px = canvas.shape[0], plate_wh("x", unit)[1]
        # The lowest line is the timing's, on the right.
        for number, line in enumerate(reversed(hints(controls, facts))):
            draw_plate(canvas, line, WHITE, (0, height - number * line_px), unit)
        box_px = ordered(controls.drag_px) if controls.drag_px else controls.box_px
        if controls.mode == "box" and box_px is None:
            box_px = facts.proposed_px
        if box_px is not None and controls.mode in ("box", "name"):
            overlay.draw_box(canvas, box_px, WHITE, unit)
        lines = [(line, WHITE) for line in (self.notice, controls.notice) if line]
        if controls.listing or not known:
            lines += self._listed(controls.selected)
        for number, (line, color) in enumerate(lines):
            draw_plate(canvas, line, color, (0, (number + 1) * line_px), unit)
        return canvas

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
        return f"Remembered {known.name}, {_views(len(known.views))}"

    def _listed(self, selected: int) -> list[tuple]:
        """(line, colour) for each object, as many as have room, the selected one among them."""
        known = self.objects.known
        if not known:
            return [("No objects yet: r remembers one", WHITE)]
        first = max(0, min(selected - _MAX_LISTED // 2, len(known) - _MAX_LISTED))
        return [
            (f"{'>' if place == selected else ' '} {item.name}, {_views(len(item.views))}", item.color)
            for place, item in enumerate(known)
            if first <= place < first + _MAX_LISTED
        ]


def _views(count: int) -> str:
    return "1 view" if count == 1 else f"{count} views"
