"""The ways in which an aligned pair is read: by the affine map, by the spline, by both in a row.

Convention: see `edge_demo.model.thetas.kind`. A is the source, B the target: every way takes points of B to points of A,
normalized.

Source: Rocco, Arandjelović, Sivic 2017 (arXiv:1703.05593), section 3.3: the second stage aligns what the first has warped, so A is
read at affine(spline(p)).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edge_demo.model.thetas import kind_named

# Way -> the kinds of theta that a point of B goes through, first to last.
WAYS: dict[str, tuple[str, ...]] = {"affine": ("affine",), "tps": ("tps",), "cascade": ("tps", "affine")}
STEPS, DAMPING = 100, 0.5  # of the search for where a spline takes a point from
FAR = 10.0  # normalized, beyond which a search that does not arrive does not go


def carried(thetas: Mapping[str, np.ndarray], way: str, points: np.ndarray) -> np.ndarray:
    """Where points of B lie in A.

    Args:
        thetas: dict kind -> (P,) float, of one pair.
        way: a key of `WAYS`.
        points: (N, 2) float, normalized in B.

    Returns:
        (N, 2) float64, normalized in A.
    """
    points = np.asarray(points, np.float64)
    for kind in WAYS[way]:
        points = _read_at(thetas, kind, points)
    return points


def found(thetas: Mapping[str, np.ndarray], way: str, points: np.ndarray) -> np.ndarray:
    """Where points of A lie in B: the inverse of `carried`.

    An affine map is inverted; a spline by damped steps towards the point that it takes there, which arrive where the spline does
    not fold. Where a map has no inverse, the answer is finite and means nothing.

    Args:
        thetas, way: as for `carried`.
        points: (N, 2) float, normalized in A.

    Returns:
        (N, 2) float64, normalized in B.
    """
    points = np.asarray(points, np.float64)
    for kind in WAYS[way][::-1]:
        if kind == "affine":
            matrix = np.asarray(thetas[kind], np.float64).reshape(2, 3)
            points = (points - matrix[:, 2]) @ np.linalg.pinv(matrix[:, :2]).T
            continue
        goal = points
        for _ in range(STEPS):
            points = np.clip(points - DAMPING * (_read_at(thetas, kind, points) - goal), -FAR, FAR)
    return points


def _read_at(thetas: Mapping[str, np.ndarray], kind: str, points: np.ndarray) -> np.ndarray:
    return kind_named(kind).read_at(np.asarray(thetas[kind], np.float64)[None], points, np)[0]
