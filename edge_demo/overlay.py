"""Draws a result on a copy of its frame.

Orange for a match and grey for the rest are colour-blind-safe, and the widths of their boxes differ, too.
Every length grows with the frame, so the picture looks the same at 480 and at 1080 lines.
"""

from __future__ import annotations

import cv2
import numpy as np

from edge_demo.matcher import Box, MatchResult, ObjectMatch

_ORANGE = (0, 159, 230)  # BGR; Okabe and Ito's colour-blind-safe orange
_GREY = (170, 170, 170)
_WHITE = (255, 255, 255)
_INK = (24, 20, 18)  # plates and outlines
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_MAX_LABELS = 3  # at one box; unless guided, all references share the frame's one box, which they would cover


def draw(
    frame_bgr_u8: np.ndarray,
    result: MatchResult,
    fps: float | None = None,
    hint: str = "",
    notice: str = "",
) -> np.ndarray:
    """Draws boxes, labels and timing.

    Args:
        frame_bgr_u8: (H, W, 3) uint8; stays as it is.
        result: of this frame.
        fps: how many frames a second the program gets through; None: not shown.
        hint: a line for the lower left corner, such as the keys.
        notice: a line for the upper left corner, such as that the camera is lost.

    Returns:
        (H, W, 3) uint8.
    """
    canvas = frame_bgr_u8.copy()
    unit = max(min(canvas.shape[:2]) / 480, 0.5)  # 1.0 is for 480 lines
    for box_px in dict.fromkeys(item.box_px for item in result.objects):
        at_box = sorted(
            (item for item in result.objects if item.box_px == box_px), key=lambda item: -item.score
        )
        matches = [item for item in at_box if item.match]
        _draw_box(canvas, box_px, bool(matches), unit)
        _draw_labels(canvas, box_px, matches or at_box[:1], unit)
    timing = f"{result.latency_ms:.1f} ms" + ("" if fps is None else f"   {fps:.0f} fps")
    height, width = canvas.shape[:2]
    _draw_plate(canvas, timing, _WHITE, (width, height), unit)
    if hint:
        _draw_plate(canvas, hint, _WHITE, (0, height), unit)
    if notice:
        _draw_plate(canvas, notice, _ORANGE, (0, 0), unit)
    return canvas


def _draw_box(canvas: np.ndarray, box_px: Box, is_match: bool, unit: float) -> None:
    """A frame inside the box's edges, with a dark outline, so that it shows on any picture."""
    height, width = canvas.shape[:2]
    outline = max(1, round(unit))
    xmin, ymin, xmax, ymax = (round(edge) for edge in box_px)
    left, top = max(xmin, 0), max(ymin, 0)
    right, bottom = max(min(xmax, width), left + 1), max(min(ymax, height), top + 1)
    lines = [_INK] * outline + [_GREY] * outline
    if is_match:
        lines = [_INK] * outline + [_ORANGE] * (3 * outline) + [_INK] * outline
    for inset, color in enumerate(lines):
        if right - left > 2 * inset and bottom - top > 2 * inset:
            corner = (right - 1 - inset, bottom - 1 - inset)
            cv2.rectangle(canvas, (left + inset, top + inset), corner, color, 1)


def _draw_labels(canvas: np.ndarray, box_px: Box, items: list[ObjectMatch], unit: float) -> None:
    """One plate per object, stacked above the box; the best is nearest to it."""
    shown = items[:_MAX_LABELS]
    lines = [(f"{item.name}  {100 * item.score:.0f} %", _ORANGE if item.match else _GREY) for item in shown]
    if len(items) > len(shown):
        lines.append((f"and {len(items) - len(shown)} more", _ORANGE))
    line_height = _plate_wh("x", unit)[1]
    bottom = round(box_px[1])
    if bottom < line_height * len(lines):  # no room above: inside the box, below its top edge
        bottom = round(max(box_px[1], 0) + 5 * unit) + line_height * len(lines)
    for text, color in lines:
        _draw_plate(canvas, text, color, (round(box_px[0]), bottom), unit)
        bottom -= line_height


def _draw_plate(canvas: np.ndarray, text: str, color: tuple, corner_px: tuple[int, int], unit: float) -> None:
    """Text on a dark plate whose lower left corner is at `corner_px`, moved as needed to lie inside."""
    height, width = canvas.shape[:2]
    plate_width, plate_height = _plate_wh(text, unit)
    left = max(0, min(corner_px[0], width - plate_width))
    top = max(0, min(corner_px[1], height) - plate_height)
    plate = canvas[top : top + plate_height, left : left + plate_width]
    plate[:] = (plate * 0.2 + np.array(_INK) * 0.8).astype(np.uint8)
    scale, thickness, padding = _text_style(unit)
    baseline_y = top + plate_height - round(plate_height * 0.3)
    cv2.putText(canvas, text, (left + padding, baseline_y), _FONT, scale, color, thickness, cv2.LINE_AA)


def _plate_wh(text: str, unit: float) -> tuple[int, int]:
    """The plate is as high for "x" as for "Tg", so that stacked plates align."""
    scale, thickness, padding = _text_style(unit)
    (text_width, _), _ = cv2.getTextSize(text, _FONT, scale, thickness)
    return text_width + 2 * padding, round(24 * unit)


def _text_style(unit: float) -> tuple[float, int, int]:
    return 0.6 * unit, max(1, round(unit)), round(7 * unit)
