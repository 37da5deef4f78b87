"""What the window draws over a scene: the keys, the list of objects, and what is being dragged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge_demo.gallery.palette import Color
from edge_demo.gallery.views import KnownObject
from edge_demo.screen.overlay import draw_box
from edge_demo.screen.plate import WHITE, draw_plate, plate_wh, unit_of
from edge_demo.screen.scene import Scene, views_of
from edge_demo.window.controls import Controls, hints, ordered

_MAX_LISTED = 12  # objects; more would cover the frame


def drawn(scene: Scene, controls: Controls) -> np.ndarray:
    """A scene with boxes or outlines, the keys, the list and what is being dragged: (H, W, 3) uint8."""
    known, canvas = scene.objects.known, scene.drawn(controls.outlines)
    unit, facts = unit_of(canvas), scene.facts()
    height, line_px = canvas.shape[0], plate_wh("x", unit)[1]
    # The lowest line is the timing's, on the right.
    for number, line in enumerate(reversed(hints(controls, facts))):
        draw_plate(canvas, line, WHITE, (0, height - number * line_px), unit)
    box_px = ordered(controls.drag_px) if controls.drag_px else controls.box_px
    if controls.mode == "box" and box_px is None:
        box_px = facts.proposed_px
    if box_px is not None and controls.mode in ("box", "name"):
        draw_box(canvas, box_px, WHITE, unit)
    lines = [(line, WHITE) for line in (scene.notice, controls.notice) if line]
    if controls.listing or not known:
        lines += _listed(known, controls.selected)
    for number, (line, color) in enumerate(lines):
        draw_plate(canvas, line, color, (0, (number + 1) * line_px), unit)
    return canvas


def _listed(known: Sequence[KnownObject], selected: int) -> list[tuple[str, Color]]:
    """A line for each object, as many as have room, the selected one among them."""
    if not known:
        return [("No objects yet: r remembers one", WHITE)]
    first = max(0, min(selected - _MAX_LISTED // 2, len(known) - _MAX_LISTED))
    return [
        (f"{'>' if place == selected else ' '} {item.name}, {views_of(len(item.views))}", item.color)
        for place, item in enumerate(known)
        if first <= place < first + _MAX_LISTED
    ]
