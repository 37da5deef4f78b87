"""White text on a dark plate, readable on any picture; a colour is the plate's border."""

from __future__ import annotations

import cv2
import numpy as np

from edge_demo.gallery.palette import Color
from edge_demo.screen.lettering import FONT, written

WHITE: Color = (255, 255, 255)
INK: Color = (24, 20, 18)  # plates and outlines


def draw_plate(canvas: np.ndarray, text: str, color: Color, corner_px: tuple[int, int], unit: float) -> None:
    """Text on a dark plate whose lower left corner is at `corner_px`, moved as needed to lie inside.

    A colour other than white is a border, inside the plate's edges: text in it would be too faint for some eyes.
    """
    height, width = canvas.shape[:2]
    plate_width, plate_height = plate_wh(text, unit)
    left = max(0, min(corner_px[0], width - plate_width))
    top = max(0, min(corner_px[1], height) - plate_height)
    plate = canvas[top : top + plate_height, left : left + plate_width]
    plate[:] = (plate * 0.2 + np.array(INK) * 0.8).astype(np.uint8)
    if color != WHITE:
        for inset in range(max(1, round(1.5 * unit))):
            far = (left + plate_width - 1 - inset, top + plate_height - 1 - inset)
            cv2.rectangle(canvas, (left + inset, top + inset), far, color, 1)
    scale, thickness, padding = _text_style(unit)
    baseline_y = top + plate_height - round(plate_height * 0.3)
    cv2.putText(
        canvas, written(text), (left + padding, baseline_y), FONT, scale, WHITE, thickness, cv2.LINE_AA
    )


def unit_of(canvas: np.ndarray) -> float:
    """The scale of everything drawn on (H, W, 3): 1.0 is for 480 lines."""
    return max(min(canvas.shape[:2]) / 480, 0.5)


def plate_wh(text: str, unit: float) -> tuple[int, int]:
    """(width, height) in pixels. A plate is as high for "x" as for "Tg", so that stacked plates align."""
    scale, thickness, padding = _text_style(unit)
    (text_width, _), _ = cv2.getTextSize(written(text), FONT, scale, thickness)
    return text_width + 2 * padding, round(24 * unit)


def _text_style(unit: float) -> tuple[float, int, int]:
    return 0.6 * unit, max(1, round(unit)), round(7 * unit)
