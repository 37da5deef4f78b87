"""How like a frame is to every template of a reference, at every place: the whole layout, not the sum of its parts."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from edge_demo.model.layout.templates import Template


def correlated(cells: np.ndarray, templates: list[Template]) -> list[np.ndarray]:
    """The mean cosine, weighted, of each template's cells with those of a frame, at every place.

    A template may stick out of the frame by half; what sticks out is like nothing. All cells that count are compared in one matrix
    product; a place's answer is then a sum along a diagonal of it.

    Args:
        cells: (H, W, D) float32, each of length 1.
        templates: n of them, (h, w, D) each.

    Returns:
        n arrays float32 of (H + 2 (h // 2) - h + 1, W + 2 (w // 2) - w + 1): element (y, x) is the place where the template's first cell
        lies on the frame's cell (y - h // 2, x - w // 2).
    """
    height, width, depth = cells.shape
    every = np.concatenate([template.cells.reshape(-1, depth)[template.counted] for template in templates])
    cosines = (every @ cells.reshape(-1, depth).T).reshape(-1, height, width)
    found, begin = [], 0
    for template in templates:
        h, w = template.cells.shape[:2]
        own = cosines[begin : begin + len(template.counted)]
        begin += len(own)
        above, left = h // 2, w // 2
        padded = np.zeros((h * w, height + 2 * above, width + 2 * left), np.float32)
        padded[template.counted, above : above + height, left : left + width] = own
        found.append(_along_diagonals(padded.reshape(h, w, *padded.shape[1:])))
    return found


def _along_diagonals(padded: np.ndarray) -> np.ndarray:
    """(h, w, Y, X) -> (Y - h + 1, X - w + 1): at (y, x) the sum of [i, j, y + i, x + j] over i and j."""
    h, w, rows, columns = padded.shape
    down, right, y, x = padded.strides
    # All rows are added up as one, as NumPy takes longer over many short ones; what runs over a row's end is skipped after.
    length = (rows - h) * columns + columns - w + 1
    sums = as_strided(padded, (h, w, length), (down + y, right + x, x), writeable=False).sum(axis=(0, 1))
    return as_strided(sums, (rows - h + 1, columns - w + 1), (columns * x, x), writeable=False)
