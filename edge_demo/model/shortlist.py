"""How likely each of very many things is in a frame: one look-up of nearest neighbours, before any of them is searched for.

A thing's code is the average of its coarse map, a frame's codes are averages of windows of its own: a thing that fills a window has
about its code. What all things have in common tells none of them from another, so codes are whitened by the parts of all that are
known, which is the linear discriminant of a thing against everything else.

Source: Hariharan, Malik and Ramanan 2012, "Discriminative decorrelation for clustering and classification", on deep features.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge_demo.model.unit_cells import unit_cells

WINDOWS = (1, 2, 4, 7)  # sides of windows, cells
SHRINKAGE = 0.01  # of the variances to their mean: a direction in which nothing varies is not all that counts


class Shortlist:
    """Things that are looked up together.

    Args:
        things: of each the descriptors of its views, (K, D), whose second half is the average and the parts of the coarse map.
    """

    def __init__(self, things: Sequence[Sequence[np.ndarray]]):
        coarse = [descriptor[len(descriptor) // 2 :] for views in things for descriptor in views]
        self._first = np.cumsum([0, *(len(views) for views in things)])[:-1]  # of each thing's views
        self._mean, self._whitening = whitening(np.concatenate(coarse))
        # Averaged as windows are: the descriptor's own average is at length 1.
        self._codes = self._coded(np.stack([own.mean(axis=0) for own in coarse]))

    def likeness(self, cells: np.ndarray) -> np.ndarray:
        """Of each thing the best cosine of any view with any window, (N,).

        Args:
            cells: (h, w, D) of length 1, of the frame's coarse map.
        """
        of_views = (self._coded(windows(cells)) @ self._codes.T).max(axis=0)
        return np.maximum.reduceat(of_views, self._first)

    def _coded(self, averages: np.ndarray) -> np.ndarray:
        return unit_cells((averages - self._mean) @ self._whitening)


def windows(cells: np.ndarray, sides: Sequence[int] = WINDOWS) -> np.ndarray:
    """The averages of all square windows of a map, (h, w, D), with these sides, as far as they fit: (N, D)."""
    height, width, depth = cells.shape
    sums = np.zeros((height + 1, width + 1, depth), np.float32)
    sums[1:, 1:] = cells.cumsum(axis=0).cumsum(axis=1)
    averages = [
        (sums[s:, s:] - sums[:-s, s:] - sums[s:, :-s] + sums[:-s, :-s]).reshape(-1, depth) / s**2
        for s in sides
        if s <= min(height, width)
    ]
    return np.concatenate(averages)


def whitening(parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(mean (D,), matrix (D, D)) by which parts, (N, D), vary alike in all directions."""
    mean = parts.mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov((parts - mean).T))
    variances = np.maximum(variances, 0) + SHRINKAGE * variances.mean() + 1e-12
    matrix = (directions / np.sqrt(variances)) @ directions.T
    return mean.astype(np.float32), matrix.astype(np.float32)
