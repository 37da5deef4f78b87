"""Draws a result on a copy of its frame.

Matches have the colours of their objects, and so has what is only like them, in thin boxes; the rest is grey. Words are white. Where it is known how a match
lies, its outline takes the place of the box, with an arrow head on the thing's own top edge.
Every length grows with the frame, so the picture looks the same at 480 and at 1080 lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from edge_demo.gallery.palette import COLORS, Color
from edge_demo.model.alignment.outline import Points
from edge_demo.model.object_match import Box, MatchResult, ObjectMatch
from edge_demo.screen.plate import INK, WHITE, draw_plate, plate_wh, unit_of

_FIRST = COLORS[0]  # orange, of objects without a colour of their own
_GREY = (170, 170, 170)
_FARTHEST_PX = 1 << 15  # from the frame, that a corner is drawn; a thing hardly fits that seems to lie beyond
_MAX_LABELS = 3  # at one box; unless guided, all references share the frame's one box, which they would cover


def draw(
    frame_bgr_u8: np.ndarray,
    found: MatchResult | Sequence[ObjectMatch],
    fps: float | None = None,
    hint: str = "",
    notice: str = "",
    colors: Mapping[str, Color] | None = None,
    outlines: bool = True,
    labels: bool = True,
    candidates: bool = True,
) -> np.ndarray:
    """Draws boxes or outlines, labels and timing.

    Args:
        frame_bgr_u8: (H, W, 3) uint8; stays as it is.
        found: in this frame; of a result, its timing is drawn, too.
        fps: how many frames a second the program gets through; None: not shown.
        hint: a line for the lower left corner, such as the keys.
        notice: a line for the upper left corner, such as that the camera is lost.
        colors: of objects that match, by their names; None: all are orange.
        outlines: whether a match that has an outline gets it instead of its box.
        labels: whether names and scores are written; a page writes them itself, in letters that OpenCV has not.
        candidates: whether what is no match is drawn, too.

    Returns:
        (H, W, 3) uint8.
    """
    latency_ms = None
    if isinstance(found, MatchResult):
        found, latency_ms = found.objects, found.latency_ms
    canvas = frame_bgr_u8.copy()
    unit = unit_of(canvas)
    colors = colors or {}
    named: list[tuple[Box, list[ObjectMatch]]] = []
    shown = (item for item in found if candidates or item.match)
    items = [place for item in shown for place in item.places if place.box_px is not None]
    for box_px in dict.fromkeys(item.box_px for item in items):
        at_box = sorted(
            (item for item in items if item.box_px == box_px),
            key=lambda item: (-item.score, -item.kind_score),
        )
        matches = [item for item in at_box if item.match]
        outlined = [item for item in matches if outlines and item.outline_px is not None]
        boxed = [item for item in matches if item not in outlined]
        likes = [item for item in at_box if item.is_like]
        if boxed:
            draw_box(canvas, box_px, colors.get(boxed[0].name, _FIRST), unit)
        elif not matches:
            draw_thin_box(canvas, box_px, colors.get(likes[0].name, _FIRST) if likes else _GREY, unit)
        for item in reversed(outlined):  # the best one last, so that it is seen whole
            draw_outline(canvas, item.outline_px, colors.get(item.name, _FIRST), unit)
        place_px = _box_round(outlined[0].outline_px) if outlined and not boxed else box_px
        named.append((place_px, matches or likes or at_box[:1]))
    taken: list[Box] = []
    for place_px, items in named if labels else ():  # after all boxes, so that none is drawn across a name
        taken.append(_draw_labels(canvas, place_px, items, unit, colors, taken))
    height, width = canvas.shape[:2]
    if latency_ms is not None:
        timing = f"{latency_ms:.1f} ms" + ("" if fps is None else f"   {fps:.0f} fps")
        draw_plate(canvas, timing, WHITE, (width, height), unit)
    if hint:
        draw_plate(canvas, hint, WHITE, (0, height), unit)
    if notice:
        draw_plate(canvas, notice, _FIRST, (0, 0), unit)
    return canvas


def draw_box(canvas: np.ndarray, box_px: Box, color: Color, unit: float) -> None:
    """Draws a match's frame inside the box's edges, with dark outlines, so that it shows on any picture."""
    outline = max(1, round(unit))
    _draw_lines(canvas, box_px, [INK] * outline + [color] * (3 * outline) + [INK] * outline)


def draw_thin_box(canvas: np.ndarray, box_px: Box, color: Color, unit: float) -> None:
    """The same of what is no match."""
    outline = max(1, round(unit))
    _draw_lines(canvas, box_px, [INK] * outline + [color] * outline)


def _draw_lines(canvas: np.ndarray, box_px: Box, lines: Sequence[Color]) -> None:
    """Draws lines of a pixel, the outermost first, inside the box's edges."""
    height, width = canvas.shape[:2]
    xmin, ymin, xmax, ymax = (round(edge) for edge in box_px)
    left, top = max(xmin, 0), max(ymin, 0)
    right, bottom = max(min(xmax, width), left + 1), max(min(ymax, height), top + 1)
    for inset, line in enumerate(lines):
        if right - left > 2 * inset and bottom - top > 2 * inset:
            corner = (right - 1 - inset, bottom - 1 - inset)
            cv2.rectangle(canvas, (left + inset, top + inset), corner, line, 1)


def draw_outline(canvas: np.ndarray, outline_px: Points, color: Color, unit: float) -> None:
    """Draws an outline as wide as a match's box, and an arrow head on its first quarter, the thing's top edge."""
    width = max(1, round(unit))
    points = np.clip(np.array(outline_px), -_FARTHEST_PX, _FARTHEST_PX) - 0.5  # from edges to pixel centres
    lines = [points, _arrow_head(points, 12 * unit)]
    pixels = [np.rint(line).astype(np.int32) for line in lines]
    for line, thickness in ((INK, 5 * width), (color, 3 * width)):
        # OpenCV makes a thick line a pixel wider than it is asked to.
        cv2.polylines(canvas, pixels, True, line, thickness - 1, cv2.LINE_AA)
    cv2.fillPoly(canvas, pixels[1:], color, cv2.LINE_AA)


def _box_round(outline_px: Points) -> Box:
    low, high = np.min(outline_px, axis=0), np.max(outline_px, axis=0)
    return (*map(float, low), *map(float, high))


def _arrow_head(points: np.ndarray, size: float) -> np.ndarray:
    """A triangle (3, 2) that stands with its foot in the middle of an outline's top edge and points out of it."""
    a_side = len(points) // 4
    left, right = points[0], points[a_side]
    middle = (points[a_side // 2] + points[(a_side + 1) // 2]) / 2
    along = (right - left) / max(np.linalg.norm(right - left), 1)
    upwards = np.array([along[1], -along[0]])
    return middle + size * np.array([-along / 2, upwards, along / 2])


def _draw_labels(
    canvas: np.ndarray,
    box_px: Box,
    items: list[ObjectMatch],
    unit: float,
    colors: Mapping[str, Color],
    taken: Sequence[Box],
) -> Box:
    """One plate per object, the best nearest to the upper edge; returns where they are."""
    shown = items[:_MAX_LABELS]
    lines = [(label_of(item), _color_of(item, colors)) for item in shown]
    if len(items) > len(shown):
        lines.append((f"and {len(items) - len(shown)} more", WHITE))
    line_height = plate_wh("x", unit)[1]
    stack_wh = (max(plate_wh(text, unit)[0] for text, _ in lines), line_height * len(lines))
    place = label_place(box_px, stack_wh, canvas.shape[1::-1], round(5 * unit), taken)
    bottom = round(place[3])
    for text, color in lines:
        draw_plate(canvas, text, color, (round(place[0]), bottom), unit)
        bottom -= line_height
    return place


def _color_of(item: ObjectMatch, colors: Mapping[str, Color]) -> Color:
    return colors.get(item.name, _FIRST) if item.match or item.is_like else _GREY


def label_of(item: ObjectMatch) -> str:
    """Name and score of an object; where more than its kind is known, also the verdict, and of what is no match the kind's score."""
    said = item.name if item.same is None else f"{item.name}: {item.verdict}"
    return f"{said}  {100 * (item.score if item.match else item.kind_score):.0f} %"


def label_place(
    box_px: Box, label_wh: tuple[int, int], frame_wh: tuple[int, int], inset: int, taken: Sequence[Box]
) -> Box:
    """Where a box's label goes: above it, or if it would cover another one or leave the frame, inside, or below it.

    Args:
        box_px: (xmin, ymin, xmax, ymax).
        label_wh: (width, height) of the label, pixels.
        frame_wh: (width, height) of the frame, pixels.
        inset: from the upper edge to a label inside, pixels.
        taken: of the labels that are there already.

    Returns:
        (xmin, ymin, xmax, ymax); where all places are taken, the first that is in the frame.
    """
    width, height = label_wh
    left = max(0, min(round(box_px[0]), frame_wh[0] - width))
    tops = (round(box_px[1]) - height, round(max(box_px[1], 0)) + inset, round(box_px[3]))
    places = [(left, top, left + width, top + height) for top in tops if 0 <= top <= frame_wh[1] - height]
    free = [place for place in places if not any(_overlap(place, other) for other in taken)]
    return (*free, *places, (left, 0, left + width, height))[0]


def _overlap(box0: Box, box1: Box) -> bool:
    return box0[0] < box1[2] and box1[0] < box0[2] and box0[1] < box1[3] and box1[1] < box0[3]
