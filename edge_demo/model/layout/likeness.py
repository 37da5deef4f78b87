"""How like a found area is to the reference: cell by cell in what the model sees there and in colour, and in its kind as a whole.

The area is read the other way round from how the thing was found in it, so that both stand upright and in one size; every cell of the
reference is then compared with those round the same place in the area, as nothing is found to the pixel and no view is the same. Colours
are compared wherever they are: from another side a thing has them elsewhere, and one like it has others.

Source: for colours, Swain and Ballard 1991, "Color indexing"; two histograms are compared by Bhattacharyya's coefficient.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import cv2
import numpy as np

from edge_demo.model.layout.cells import CANVAS_CELLS, CANVAS_PX, CELL_PX, See, rgb01
from edge_demo.model.layout.laying import laid
from edge_demo.model.layout.places import Place

LONGER_PX = 256  # of the reference's longer side, on the canvas; round it, two cells are left for what lies a little off
MIDDLE = (CANVAS_PX / 2, CANVAS_PX / 2)
SLACK = 2  # cells that what is seen may lie off
BEST = 0.6  # share of the cells that is enough: the others may be hidden, or seen from another side
COLOURS, REACH = 40, 120.0  # bins along a* and b*, from -120 to 120: all that a screen can show
BLUR = 1.5  # bins: other light moves colours a little
NO_COLOUR = 0.02  # added before the logarithm, for things that share none
FEATURES = ("cells", "colour", "kind")

Embed = Callable[[np.ndarray], np.ndarray]  # a picture (H, W, 3) uint8, BGR -> its embedding (E,)


@dataclasses.dataclass(frozen=True, eq=False)
class Upright:
    """A picture or an area on a canvas: the reference in the middle, upright, its longer side `LONGER_PX`."""

    cells: np.ndarray  # (20, 20, D) float32, each of length 1
    ab: np.ndarray  # (20, 20, 2) float32, the mean colour of each cell, CIE a*b*
    embedding: np.ndarray | None  # (E,) float32, of what the reference's picture covers; None: nobody asked


def upright(picture_bgr_u8: np.ndarray, see: See, embed: Embed | None) -> Upright:
    """A reference, (H, W, 3) uint8; without `embed`, without embedding."""
    height, width = picture_bgr_u8.shape[:2]
    return upright_at(whole_of(picture_bgr_u8), picture_bgr_u8, (width, height), see, embed)


def whole_of(picture_bgr_u8: np.ndarray) -> Place:
    """All of a picture, (H, W, 3) uint8, as a place in it."""
    height, width = picture_bgr_u8.shape[:2]
    return Place((width / 2, height / 2), max(width, height), 0.0, 0.0, (0.0, 0.0, width, height))


def upright_at(
    place: Place, frame_bgr_u8: np.ndarray, reference_wh: tuple[int, int], see: See, embed: Embed | None
) -> Upright:
    """The area of a frame, (H, W, 3) uint8, where the reference, (width, height) pixels, may lie; without `embed`, without embedding."""
    canvas_u8 = canvas_at(place, frame_bgr_u8)
    canvas = rgb01(canvas_u8)
    small = cv2.resize(canvas, (CANVAS_CELLS, CANVAS_CELLS), interpolation=cv2.INTER_AREA)
    ab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)[..., 1:]
    if embed is None:
        return Upright(see(canvas), ab, None)
    half = np.maximum(np.array(reference_wh) / max(reference_wh) * LONGER_PX / 2, 1)
    (left, top), (right, bottom) = (np.rint(MIDDLE + sign * half).astype(int) for sign in (-1, 1))
    return Upright(see(canvas), ab, embed(np.ascontiguousarray(canvas_u8[top:bottom, left:right])))


def canvas_at(place: Place, frame_bgr_u8: np.ndarray) -> np.ndarray:
    """A place of a frame, (H, W, 3) uint8, as it is compared: (320, 320, 3) uint8, BGR."""
    factor, wh = LONGER_PX / place.longer_px, (CANVAS_PX, CANVAS_PX)
    return laid(frame_bgr_u8, factor, -place.angle_deg, place.middle, MIDDLE, wh)


def compared_cells(reference_wh: tuple[int, int]) -> np.ndarray:
    """Which cells of an upright reference are compared, (20, 20) bool: those in the ellipse that fills it, where things reach."""
    # However thin, it reaches the middles of the cells beside its own.
    half_wh = np.maximum(np.array(reference_wh) / max(reference_wh) * LONGER_PX / CELL_PX / 2, 0.75)
    off = np.arange(CANVAS_CELLS) + 0.5 - CANVAS_CELLS / 2
    return (off / half_wh[0]) ** 2 + (off[:, None] / half_wh[1]) ** 2 <= 1


def likeness(reference: Upright, area: Upright, compared: np.ndarray) -> dict[str, float]:
    """How like two are: numbers of `FEATURES`, the higher the more.

    Args:
        reference, area: on their canvases, with their embeddings.
        compared: (20, 20) bool, cells of the reference, one at least.

    Returns:
        cells: mean cosine of the `BEST` share of cells, each with its best within `SLACK`.
        colour: log of what two `palette`s have in common, 0 where they are equal, and log(`NO_COLOUR`) at least.
        kind: minus the distance of the embeddings, GetNet eq. 9.
    """
    cosines = reference.cells[compared] @ area.cells.reshape(-1, area.cells.shape[-1]).T
    own = np.sort(np.take_along_axis(cosines, _nearby(SLACK)[compared], axis=1).max(axis=1))[::-1]
    shared = np.sqrt(palette(reference.ab, compared) * palette(area.ab, compared)).sum()
    numbers = (
        own[: max(int(len(own) * BEST), 1)].mean(),
        np.log((shared + NO_COLOUR) / (1 + NO_COLOUR)),
        -np.linalg.norm(reference.embedding - area.embedding),
    )
    return dict(zip(FEATURES, map(float, numbers), strict=True))


def palette(ab: np.ndarray, compared: np.ndarray) -> np.ndarray:
    """How often each colour is there: (40, 40), in all 1.

    Args:
        ab: (20, 20, 2) float32, a*b*.
        compared: (20, 20) bool, cells that count, one at least.
    """
    ranges = [-REACH, REACH, -REACH, REACH]
    counts = cv2.calcHist(
        [np.ascontiguousarray(ab)], [0, 1], compared.astype(np.uint8), [COLOURS, COLOURS], ranges
    )
    counts = cv2.GaussianBlur(counts, (0, 0), BLUR)
    return counts / counts.sum()


@functools.cache
def _nearby(slack: int) -> np.ndarray:
    """The cells of a canvas up to `slack` off each, by their numbers row by row: (20, 20, (2 slack + 1) ** 2); beyond its edge, those at it."""
    off = np.arange(-slack, slack + 1)
    row = np.clip(np.arange(CANVAS_CELLS)[:, None] + off, 0, CANVAS_CELLS - 1)
    numbers = CANVAS_CELLS * row[:, None, :, None] + row[None, :, None, :]
    return numbers.reshape(CANVAS_CELLS, CANVAS_CELLS, -1)
