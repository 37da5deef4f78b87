"""An affine map drawn nearer by the cells themselves: each cell of B looks round the place that the map gives it in A.

A regressor sees all cells at once and is about right. Then every cell of B may say where near that place A looks most like it, and the
affine map that suits them all is the better one, a few times in a row: iteratively reweighted least squares.
"""

from __future__ import annotations

import functools

import numpy as np

# How far a cell looks in each round, normalized (2 is the side). Chosen, as all here, on composed finds that were not learned from (share
# of outlines right), and on photos of one kind (how well the outlines of the things cover each other).
REACH = (0.45, 0.35, 0.3, 0.25)
SHARPNESS = 50.0  # of a choice between cells, whose correlations differ by hundredths
SHY = 8.0  # cells that vote for the map as it was
TRUSTED = 0.15  # normalized: who wants to be this far elsewhere counts half
AGREED = 0.3  # normalized: so near are two that mean each other
WINDOW = 3  # cells either way that REACH can touch, of the 15 of a side


def refined(
    theta: np.ndarray, maps_a: np.ndarray, maps_b: np.ndarray, image_hw: tuple[int, int]
) -> np.ndarray:
    """An affine theta, drawn nearer.

    Args:
        theta: (6,) float, maps B to A.
        maps_a, maps_b: (h, w, D) float.
        image_hw: (H, W) of the image that the maps are of, pixels.

    Returns:
        (6,) float32; theta itself where no cell has anything near.
    """
    middles = _middles(maps_a.shape[:2], tuple(image_hw))
    x, y = np.meshgrid(*middles)
    places = np.stack([x, y], axis=-1).reshape(-1, 2)
    pairs = _correlation(maps_a, maps_b)
    homogeneous = np.c_[places, np.ones(len(places))]
    matrix = np.asarray(theta, np.float64).reshape(2, 3)
    for reach in REACH:
        at = homogeneous @ matrix.T  # where each cell of B lies in A
        inside = np.flatnonzero((np.abs(at) <= 1.05).all(axis=1))
        if not len(inside):
            break
        target, weight = _wanted(at[inside].astype(np.float32), middles, pairs, inside, reach)
        weight *= TRUSTED**2 / (TRUSTED**2 + np.sum((target - at[inside]) ** 2, axis=1))
        if weight.sum() < 1e-6:
            break
        weight *= len(places) / weight.sum()
        rows = homogeneous[inside]
        normal = (rows * weight[:, None]).T @ rows + SHY * np.eye(3)
        matrix = np.linalg.solve(normal, (rows * weight[:, None]).T @ target + SHY * matrix.T).T
    return matrix.reshape(6).astype(np.float32)


def agreement(theta: np.ndarray, maps_a: np.ndarray, maps_b: np.ndarray, image_hw: tuple[int, int]) -> float:
    """The share of A's cells that lie, by theta, where the cell of B is that looks most like them. Arguments as of `refined`."""
    x, y = np.meshgrid(*_middles(maps_a.shape[:2], tuple(image_hw)))
    places = np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 3)
    cells_a, cells_b = _cells(maps_a), _cells(maps_b)
    matching = places[np.argmax(cells_a @ cells_b.T, axis=1)]
    apart = matching @ np.asarray(theta, np.float32).reshape(2, 3).T - places[:, :2]
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


def _correlation(maps_a, maps_b):
    """How much every cell of B looks like every cell of A, as `getnet_tf.alignment.correlation` has it; -1 beyond A's edge.

    Returns:
        (N, h + 2 WINDOW, w + 2 WINDOW) float32.
    """
    pairs = np.maximum(_cells(maps_b) @ _cells(maps_a).T, 0)
    pairs /= np.maximum(np.linalg.norm(pairs, axis=1, keepdims=True), 1e-6)
    edge = ((0, 0), (WINDOW, WINDOW), (WINDOW, WINDOW))
    return np.pad(pairs.reshape(-1, *maps_a.shape[:2]), edge, constant_values=-1)


def _cells(maps):
    """(h, w, D) -> (h w, D), each of length 1."""
    return maps.reshape(-1, maps.shape[-1]) / np.maximum(np.linalg.norm(maps, axis=-1).reshape(-1, 1), 1e-6)


@functools.cache
def _middles(hw, image_hw):
    """The middles of cells, normalized: those of the columns, those of the rows."""
    return tuple(
        np.float32(2 * ((np.arange(count) + 0.5) * side / count - 0.5) / (side - 1) - 1)
        for count, side in zip(hw[::-1], image_hw[::-1], strict=True)
    )
