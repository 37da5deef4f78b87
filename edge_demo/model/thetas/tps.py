"""Thin-plate spline: theta = (dx1, ..., dx9, dy1, ..., dy9), how far the target's nine control points read from themselves.

The control points are a fixed 3 x 3 grid from -1 to +1, row by row from the upper left. Between them the map bends as a thin
sheet of metal would: it is the smoothest that goes through all nine. The system that says so is constant and inverted once,
so a spline is matrix products only. Theta 0 is the identity, and nine points moved by an affine map give that affine map.

Source: Bookstein 1989; the grid is that of Rocco et al. 2017 (arXiv:1703.05593); differs: displacements, not places.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np

from edge_demo.model.thetas.kind import Array, ThetaKind

CONTROL = np.stack(np.meshgrid([-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]), axis=-1).reshape(9, 2)  # (x, y)
BOUNDS_SIDE = 21  # points of a side of the grid by which the bounds are found
LEAST = 1e-30  # keeps the logarithm from 0; r^2 log r is 0 there


def spline_basis(points: Array, xp: ModuleType) -> Array:
    """What a spline's weights are multiplied with at points (N, 2): U of the distance to each control point, 1, x and y:
    (N, 12). U(r) = r^2 log r^2."""
    away = points[:, None] - xp.array(CONTROL, points.dtype)[None]  # (N, 9, 2)
    square = xp.sum(away * away, axis=-1)
    bend = square * xp.log(xp.maximum(square, LEAST))
    return xp.concatenate([bend, xp.ones_like(points[:, :1]), points], axis=-1)


def _weights_of_values() -> Array:
    """(12, 9): values at the control points -> weights of `spline_basis`. The sheet's own pull and turn are 0 (Bookstein)."""
    basis = spline_basis(CONTROL, np)
    system = np.concatenate([basis, np.concatenate([basis[:, 9:].T, np.zeros((3, 3))], axis=1)])
    return np.linalg.inv(system)[:, :9]


WEIGHTS = _weights_of_values()


class Tps(ThetaKind):
    """Bends, as nine points ask for."""

    name, size, for_heat = "tps", 18, False

    def read_at(self, theta: Array, points: Array, xp: ModuleType) -> Array:
        moved = xp.matmul(spline_basis(points, xp), xp.array(WEIGHTS, points.dtype))  # (N, 9)
        displacement = xp.transpose(xp.reshape(theta, (-1, 2, 9)), (0, 2, 1))
        return points[None] + xp.matmul(moved[None], displacement)

    def bounds(self, theta: Array, xp: ModuleType) -> tuple[Array, Array]:
        """As of every kind, but of a fixed grid of pixel centres: where a bent edge reaches furthest is known to its step."""
        line = np.linspace(-1.0, 1.0, BOUNDS_SIDE)
        grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
        read = self.read_at(theta, xp.array(grid, theta.dtype), xp)
        return xp.min(read, axis=1), xp.max(read, axis=1)
