"""What a model sees of a picture, cell by cell: the signatures `cells` and `tell` of a model file.

    cells    a canvas (1, 320, 320, 3), RGB in [0, 1] -> (1, 20, 20, D), what lies round each of its cells of 16 pixels
    tell     the same in other numbers: `cells` says where a thing is and how it lies, `tell` whether it is this one

A reference and a frame are seen by the same weights, so that their cells can be compared: by the cosine.

Convention: see `edge_demo.model.geometry`; boxes and places are edges, cell i of a field covers [i, i + 1) of its cells.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge_demo.model.layout.laying import laid
from edge_demo.model.signature import Signature
from edge_demo.model.unit_cells import unit_cells

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

CELLS, TELL = "cells", "tell"  # signatures
CELL_PX = 16  # of a canvas
CANVAS_CELLS = 20  # a side
CANVAS_PX = CANVAS_CELLS * CELL_PX
EMPTY = np.float32(127 / 255)  # what the network takes for 0, as beyond a picture's edge

Box = tuple[float, float, float, float]  # (xmin, ymin, xmax, ymax), pixels of the frame
See = Callable[[np.ndarray], np.ndarray]  # a canvas (320, 320, 3) -> its cells (20, 20, D), each of length 1


@dataclasses.dataclass(frozen=True, eq=False)
class Field:
    """The cells of a frame, or of a part of it, in the frame's own aspect."""

    cells: np.ndarray  # (h, w, D) float32, each of length 1
    cell_px: float  # a cell's side, pixels of the frame
    origin: tuple[float, float] = (0.0, 0.0)  # (x, y) where the first cell begins, pixels of the frame


class CellReader:
    """Sees canvases by a model file.

    Args:
        interpreter: with the model loaded, which has the signature.
        name: of the signature.

    Call arguments:
        canvas: (320, 320, 3) float32, RGB in [0, 1].

    Returns:
        (20, 20, D) float32, each cell of length 1.

    Raises:
        EdgeError: if the signature is another.
    """

    def __init__(self, interpreter: Interpreter, name: str = CELLS):
        self._cells = Signature(
            interpreter,
            name,
            {"image": (1, CANVAS_PX, CANVAS_PX, 3)},
            {"cells": (1, CANVAS_CELLS, CANVAS_CELLS, None)},
        )

    @staticmethod
    def is_in(interpreter: Interpreter, name: str = CELLS) -> bool:
        """Whether a model file has the signature."""
        return name in interpreter.get_signature_list()

    def __call__(self, canvas: np.ndarray) -> np.ndarray:
        return unit_cells(self._cells(image=canvas[None])["cells"][0])


def field_of(frame_bgr_u8: np.ndarray, canvases: int, see: See) -> Field:
    """The cells of a frame, its longer side as long as so many canvases: the more, the smaller are the things that it shows.

    Args:
        frame_bgr_u8: (H, W, 3) uint8.
        canvases: how many the longer side is cut into; as few rows or columns of them are seen as the frame reaches into.
        see: `See`.
    """
    height, width = frame_bgr_u8.shape[:2]
    factor = canvases * CANVAS_PX / max(height, width)
    wh = (max(round(width * factor), 1), max(round(height * factor), 1))
    resized = cv2.resize(frame_bgr_u8, wh, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    rows, columns = (-(-length // CANVAS_PX) for length in wh[::-1])
    canvas = np.full((rows * CANVAS_PX, columns * CANVAS_PX, 3), EMPTY, np.float32)
    canvas[: wh[1], : wh[0]] = rgb01(resized)
    seen = [
        np.concatenate([see(tile) for tile in np.split(row, columns, axis=1)], axis=1)
        for row in np.split(canvas, rows)
    ]
    h, w = (-(-length // CELL_PX) for length in wh[::-1])
    return Field(np.concatenate(seen)[:h, :w], CELL_PX / factor)


def field_round(frame_bgr_u8: np.ndarray, box_px: Box, longer_px: float, see: See) -> Field:
    """The cells of what lies in and round a box: one canvas, on which the box's longer side is so long.

    Args:
        frame_bgr_u8: (H, W, 3) uint8.
        box_px: pixels of the frame; not empty.
        longer_px: of the canvas.
        see: `See`.
    """
    xmin, ymin, xmax, ymax = box_px
    factor = longer_px / max(xmax - xmin, ymax - ymin)
    x, y = (xmin + xmax) / 2, (ymin + ymax) / 2
    half = CANVAS_PX / 2
    canvas = laid(frame_bgr_u8, factor, 0.0, (x, y), (half, half), (CANVAS_PX, CANVAS_PX))
    return Field(see(rgb01(canvas)), CELL_PX / factor, (x - half / factor, y - half / factor))


def rgb01(picture_bgr_u8: np.ndarray) -> np.ndarray:
    """A picture (H, W, 3) uint8, BGR, as (H, W, 3) float32, RGB in [0, 1]."""
    return cv2.cvtColor(picture_bgr_u8, cv2.COLOR_BGR2RGB).astype(np.float32) / 255
