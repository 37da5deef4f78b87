"""The cells of a map, each at length 1, so that products of two are cosines."""

from __future__ import annotations

import numpy as np

LEAST = 1e-7  # keeps divisors from 0, as in training


def unit_cells(cells: np.ndarray) -> np.ndarray:
    """Cells (..., D) float, each of length 1; of length 0 where there is nothing: the same shape."""
    return cells / np.maximum(np.linalg.norm(cells, axis=-1, keepdims=True), LEAST)
