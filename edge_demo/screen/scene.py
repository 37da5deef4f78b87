"""One frame as it is shown, and what orders do to the objects in it."""

from __future__ import annotations

import cv2
import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.gallery.objects import Objects
from edge_demo.gallery.palette import Color
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
        blank: whether the frame is none of the source's, as there is none yet.
    """

    def __init__(
        self,
        frame_bgr_u8: np.ndarray,
        result: MatchResult,
        objects: Objects,
        fps: float | None = None,
        notice: str = "",
        blank: bool = False,
    ):
        self.frame_bgr_u8, self.result, self.objects, self.fps = frame_bgr_u8, result, objects, fps
        self.notice, self.blank = notice, blank

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
        """The frame with outlines, where there are any and they are wanted, and else boxes: (H, W, 3) uint8.

        While the camera is lost the frame is dim and bare: what was found in it before is no news.
        """
        if self.notice:
            return _dimmed(self.frame_bgr_u8)
        return overlay.draw(
            self.frame_bgr_u8, self.result, self.fps, colors=self._colors(), outlines=outlines
        )

    def unlabelled(self, outlines: bool, candidates: bool) -> np.ndarray:
        """As `drawn`, for whoever writes names and numbers themselves; what is no match is drawn for `candidates` only."""
        if self.notice:
            return _dimmed(self.frame_bgr_u8)
        return overlay.draw(
            self.frame_bgr_u8,
            self.result.objects,
            colors=self._colors(),
            outlines=outlines,
            labels=False,
            candidates=candidates,
        )

    def _colors(self) -> dict[str, Color]:
        return {item.name: item.color for item in self.objects.known}

    def obey(self, order: Order) -> str:
        """As `carry_out`, but what can't be done is such a line, too."""
        try:
            return self.carry_out(order)
        except EdgeError as error:
            return str(error)

    def carry_out(self, order: Order) -> str:
        """Remembers a view or a counter-example, deletes or renames an object, or takes that back; returns what became of it, in a line.

        Raises:
            EdgeError: as the methods of `Objects`, or if what is said not to be an object is no match.
        """
        if order.kind in ("delete", "put aside"):
            (self.objects.delete if order.kind == "delete" else self.objects.put_aside)(order.name)
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
        if order.kind == "put back":
            known = self.objects.put_back()
            return "Nothing to undo" if known is None else f"{known.name} is back"
        if order.kind == "forget":
            self.objects.clear()
            return "Deleted for good"
        if order.kind == "rename":
            return f"{order.name} is now {self.objects.rename(order.name, order.other).name}"
        known = self.objects.add(order.name, piece_of(self.frame_bgr_u8, order.box_px))
        return f"Remembered {known.name}, {views_of(len(known.views))}"


def _dimmed(frame_bgr_u8: np.ndarray) -> np.ndarray:
    """Grey and dark, (H, W, 3) uint8."""
    grey_u8 = cv2.cvtColor(frame_bgr_u8, cv2.COLOR_BGR2GRAY)
    return cv2.cvtColor((grey_u8 * 0.4).astype(np.uint8), cv2.COLOR_GRAY2BGR)


def views_of(count: int) -> str:
    """How many views, in words."""
    return "1 view" if count == 1 else f"{count} views"
