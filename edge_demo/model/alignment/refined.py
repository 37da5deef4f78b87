"""A map drawn nearer by the cells themselves: each cell of B looks round the place that the map gives it in A.

A regressor sees all cells at once and is about right. Then every cell of B may say where near that place A looks most like it, and the
map that suits them all is the better one, a few times in a row: iteratively reweighted least squares, as affine maps and splines are
both linear in their numbers.
"""

from __future__ import annotations

import functools

import numpy as np

from edge_demo.model.alignment.stretched import Hw
from edge_demo.model.thetas.tps import WEIGHTS, spline_basis
from edge_demo.model.unit_cells import unit_cells

# How far a cell looks in each round, normalized (2 is the side). Chosen, as all here, on composed finds that were not learned from (share
# of outlines right), and on photos of one kind (how well the outlines of the things cover each other).
REACH = {"affine": (0.45, 0.35, 0.3, 0.25), "tps": (0.35, 0.3, 0.25, 0.25)}
SHARPNESS = 50.0  # of a choice between cells, whose correlations differ by hundredths
SHY = {"affine": 8.0, "tps": 15.0}  # cells that vote for the map as it was
TRUSTED = 0.15  # normalized: who wants to be this far elsewhere counts half
AGREED = 0.3  # normalized: so near are two that mean each other
WINDOW = 3  # cells either way that REACH can touch, of the 15 of a side


def refined(theta: np.ndarray, kind: str, maps_a: np.ndarray, maps_b: np.ndarray, image_hw: Hw) -> np.ndarray:
    """A theta, drawn nearer.

    Args:
        theta: (P,) float, maps B to A.
        kind: of theta, "affine" or "tps".
        maps_a, maps_b: (h, w, D) float; a cell of B that is 0 has no say.
        image_hw: (H, W) of the image that the maps are of, pixels.

    Returns:
        (P,) float32; theta itself where no cell has anything near, and of maps too small to look round in.
    """
    if min(maps_a.shape[:2]) <= WINDOW:
        return np.asarray(theta, np.float32)
    middles, places, basis = _grid(maps_a.shape[:2], image_hw)
    speaks = np.flatnonzero(maps_b.any(axis=-1))
    pairs, basis = _correlation(maps_a, maps_b.reshape(-1, maps_b.shape[-1])[speaks]), basis[kind][speaks]
    # (K, 2): a map is `basis @ numbers`, of a spline beside the places.
    numbers = np.asarray(theta, np.float64).reshape(2, -1).T
    start = (places if kind == "tps" else np.zeros_like(places))[speaks]
    for reach in REACH[kind]:
        at = start + basis @ numbers  # where each cell of B that has a say lies in A
        inside = np.flatnonzero((np.abs(at) <= 1.05).all(axis=1))
        if not len(inside):
            break
        target, weight = _wanted(at[inside].astype(np.float32), middles, pairs, inside, reach)
        weight *= TRUSTED**2 / (TRUSTED**2 + np.sum((target - at[inside]) ** 2, axis=1))
        if weight.sum() < 1e-6:
            break
        weighted = basis[inside].T * (weight * len(places) / weight.sum())
        normal = weighted @ basis[inside] + SHY[kind] * np.eye(basis.shape[1])
        numbers = np.linalg.solve(normal, weighted @ (target - start[inside]) + SHY[kind] * numbers)
    return numbers.T.reshape(-1).astype(np.float32)


def agreement(theta: np.ndarray, maps_a: np.ndarray, maps_b: np.ndarray, image_hw: Hw) -> float:
    """The share of A's cells that lie, by an affine theta, where the cell of B is that looks most like them. Arguments as of `refined`."""
    _, places, basis = _grid(maps_a.shape[:2], image_hw)
    cells_a, cells_b = (unit_cells(maps).reshape(len(places), -1) for maps in (maps_a, maps_b))
    matching = np.argmax(cells_a @ cells_b.T, axis=1)
    apart = basis["affine"][matching] @ np.asarray(theta, float).reshape(2, 3).T - places
    return float(np.mean(np.sum(apart**2, axis=1) < AGREED**2))


def _wanted(at, middles, pairs, inside, reach):
    """Where in A each of M cells would rather lie, (M, 2), and how surely, (M,)."""
    numbers, near, close = zip(*(_around(at[:, axis], own) for axis, own in enumerate(middles)), strict=True)
    alike = pairs[inside[:, None, None], numbers[1][:, :, None], numbers[0][:, None, :]]  # (M, n, n)
    away = close[1][:, :, None] + close[0][:, None, :]
    alike[away > reach**2] = -1
    most = alike.max(axis=(1, 2))
    share = np.exp(SHARPNESS * (alike - most[:, None, None]) - away / (2 * (reach / 1.5) ** 2))
    total = share.sum(axis=(1, 2))
    x, y = share.sum(axis=1), share.sum(axis=2)
    target = np.stack([np.sum(x * near[0], axis=1), np.sum(y * near[1], axis=1)], axis=1) / total[:, None]
    return target, np.maximum(most, 0) ** 2


def _around(at, middles):
    """Along one axis, the cells round each place (M,): their numbers among padded ones, (M, n), their middles, their distance squared."""
    step = middles[1] - middles[0]
    nearest = np.clip(np.rint((at - middles[0]) / step).astype(int), 0, len(middles) - 1)
    numbers = nearest[:, None] + np.arange(2 * WINDOW + 1)
    near = middles[0] + step * (numbers - WINDOW)
    return numbers, near, (near - at[:, None]) ** 2


def _correlation(maps_a, cells_b):
    """How much each of some cells of B looks like every cell of A, as `getnet_tf.alignment.correlation` has it; -1 beyond A's edge.

    Args:
        maps_a: (h, w, D).
        cells_b: (M, D).

    Returns:
        (M, h + 2 WINDOW, w + 2 WINDOW) float32.
    """
    h, w, depth = maps_a.shape
    pairs = np.maximum(unit_cells(cells_b) @ unit_cells(maps_a).reshape(-1, depth).T, 0)
    pairs /= np.maximum(np.linalg.norm(pairs, axis=1, keepdims=True), 1e-6)
    padded = np.full((len(pairs), h + 2 * WINDOW, w + 2 * WINDOW), -1, np.float32)
    padded[:, WINDOW : WINDOW + h, WINDOW : WINDOW + w] = pairs.reshape(-1, h, w)
    return padded


@functools.cache
def _grid(hw, image_hw):
    """The middles of cells, normalized: those of the columns and of the rows, float32; of all, (N, 2); and the basis of each kind there."""
    middles = tuple(
        np.float32(2 * ((np.arange(count) + 0.5) * side / count - 0.5) / (side - 1) - 1)
        for count, side in zip(hw[::-1], image_hw[::-1], strict=True)
    )
    places = np.stack(np.meshgrid(*middles), axis=-1).reshape(-1, 2).astype(np.float64)
    basis = {"affine": np.c_[places, np.ones(len(places))], "tps": spline_basis(places, np) @ WEIGHTS}
    return middles, places, basis
