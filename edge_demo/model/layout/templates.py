"""A reference's cells in several sizes and turns: no feature of a network looks the same when it is turned, so each is seen by itself."""

from __future__ import annotations

import dataclasses
import functools

import cv2
import numpy as np

from edge_demo.model.alignment.turns import TURNS
from edge_demo.model.layout.cells import CANVAS_PX, CELL_PX, EMPTY, See, rgb01
from edge_demo.model.layout.laying import extent, laid
from edge_demo.model.layout.sheets import sheets_of

SIZES_PX = (40, 57, 80, 113, 160, 226)  # of the longer side, on a canvas; half an octave apart
STEP_DEG = 360 / TURNS
LEAST_CELLS = 4  # of a template: fewer resemble something everywhere
ENOUGH_PX = (
    2 * SIZES_PX[-1]
)  # of a picture's longer side: more is made smaller once, rather than for every size and turn


@dataclasses.dataclass(frozen=True, eq=False)
class Template:
    """A reference in one size and turn."""

    cells: np.ndarray  # (h, w, D) float32, each of length 1, times its weight; the weights add up to 1
    count: int  # cells that count
    size: int  # number of `SIZES_PX`
    turn: int  # clockwise, in steps of `STEP_DEG`

    @functools.cached_property
    def counted(self) -> np.ndarray:
        """Which cells count, (n,) int, numbers of them row by row: of a turned picture the corners do not."""
        return np.flatnonzero(self.cells.any(axis=-1))


def templates_of(picture_bgr_u8: np.ndarray, see: See) -> list[Template]:
    """A reference's templates, those of `LEAST_CELLS` and more.

    Args:
        picture_bgr_u8: (H, W, 3) uint8, close round the thing.
        see: `See`.
    """
    picture = rgb01(_no_larger(picture_bgr_u8, ENOUGH_PX))
    kinds = [(size, turn) for size in range(len(SIZES_PX)) for turn in range(TURNS)]
    laid_out = {kind: turned(picture, SIZES_PX[kind[0]], STEP_DEG * kind[1]) for kind in kinds}
    kinds = [kind for kind in kinds if np.count_nonzero(laid_out[kind][1]) >= LEAST_CELLS]
    found = {}
    for sheet in sheets_of([laid_out[kind][1].shape for kind in kinds]):
        canvas = np.full((CANVAS_PX, CANVAS_PX, 3), EMPTY, np.float32)
        for number, (row, column) in sheet.items():
            image, _ = laid_out[kinds[number]]
            top, left = row * CELL_PX, column * CELL_PX
            canvas[top : top + image.shape[0], left : left + image.shape[1]] = image
        cells = see(canvas)
        for number, (row, column) in sheet.items():
            _, weights = laid_out[kinds[number]]
            h, w = weights.shape
            own = cells[row : row + h, column : column + w] * (weights / weights.sum())[..., None]
            found[kinds[number]] = Template(own, int(np.count_nonzero(weights)), *kinds[number])
    return [found[kind] for kind in kinds]


def turned(picture: np.ndarray, longer_px: float, angle_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """A picture in a size and turn, and how much each of its cells counts.

    The corners that a turned picture leaves empty do not count, and what is far from its middle, where things seldom reach, less.

    Args:
        picture: (H, W, 3) float32.
        longer_px: of its longer side.
        angle_deg: clockwise.

    Returns:
        (16 h, 16 w, 3), at most a canvas, and weights (h, w) float32, not yet adding up to 1.
    """
    hw = np.array(picture.shape[:2])
    factor = longer_px / hw.max()
    sides = extent(hw[::-1] * factor, angle_deg)
    # A last quarter of a cell is left out.
    w, h = np.clip(np.ceil(sides / CELL_PX - 0.25), 1, CANVAS_PX // CELL_PX).astype(int).tolist()
    middle, to, wh = (hw[1] / 2, hw[0] / 2), (w * CELL_PX / 2, h * CELL_PX / 2), (w * CELL_PX, h * CELL_PX)
    image = laid(picture, factor, angle_deg, middle, to, wh)
    x, y = (np.arange(n) * CELL_PX + CELL_PX / 2 - n * CELL_PX / 2 for n in (w, h))
    return image, _weights(x[None], y[:, None], hw[::-1] * factor / 2, angle_deg)


def _no_larger(picture: np.ndarray, longer_px: int) -> np.ndarray:
    """A picture whose longer side has at most so many pixels."""
    height, width = picture.shape[:2]
    factor = longer_px / max(height, width)
    if factor >= 1:
        return picture
    wh = (max(round(width * factor), 1), max(round(height * factor), 1))
    return cv2.resize(picture, wh, interpolation=cv2.INTER_AREA)


def _weights(x: np.ndarray, y: np.ndarray, half_wh: np.ndarray, angle_deg: float) -> np.ndarray:
    """Of cells whose middles lie (x, y) from the picture's, which reaches so far to both sides before it is turned."""
    angle = np.deg2rad(angle_deg)
    right = x * np.cos(angle) + y * np.sin(angle)
    down = y * np.cos(angle) - x * np.sin(angle)
    inside = (np.abs(right) <= half_wh[0]) & (np.abs(down) <= half_wh[1])
    far = (right / half_wh[0]) ** 2 + (down / half_wh[1]) ** 2
    return (inside * np.exp(-far)).astype(np.float32)
