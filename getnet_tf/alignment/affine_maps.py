"""Affine maps and splines, one behind the other: composing and inverting theta, in NumPy or in `keras.ops`.

Convention: `edge_demo.model.thetas.kind`. theta maps B to A: a point p of B lies at theta(p) in A. Arrays of points are
(B, N, 2), of which each theta of a batch moves its own.
"""

import numpy as np

from edge_demo.model.thetas import KINDS
from edge_demo.model.thetas.tps import CONTROL

IDENTITY = np.array([1, 0, 0, 0, 1, 0], np.float32)
TURNS = 4  # quarter turns in a circle


def moved(theta, points, xp=np):
    """Points (B, N, 2) moved by affine theta (B, 6): (B, N, 2)."""
    matrix = KINDS["affine"].matrix(theta, xp)
    return xp.matmul(points, xp.transpose(matrix[:, :, :2], (0, 2, 1))) + matrix[:, None, :, 2]


def after(outer, inner, xp=np):
    """The affine map outer(inner(p)): (B, 6) and (B, 6) -> (B, 6)."""
    outer, inner = (KINDS["affine"].matrix(theta, xp) for theta in (outer, inner))
    product = xp.matmul(outer[:, :, :2], inner)
    rows = xp.concatenate([product[:, :, :2], product[:, :, 2:] + outer[:, :, 2:]], axis=-1)
    return xp.reshape(rows, (-1, 6))


def inverse(theta):
    """The affine map that undoes theta: (B, 6) -> (B, 6) NumPy. Raises LinAlgError if it is flat."""
    matrix = np.reshape(theta, (-1, 2, 3))
    linear = np.linalg.inv(matrix[:, :, :2])
    shift = -linear @ matrix[:, :, 2:]
    return np.concatenate([linear, shift], axis=-1).reshape(-1, 6)


def spline_after(outer, kind, inner, xp=np):
    """The spline outer(inner(p)), exactly: an affine map behind a spline, or behind another affine map, is a spline.

    Args:
        outer: (B, 6) affine.
        kind: "affine" or "tps", of `inner`.
        inner: (B, P).

    Returns:
        (B, 18) of the kind tps.
    """
    control = xp.array(CONTROL, inner.dtype)
    placed = moved(outer, KINDS[kind].read_at(inner, control, xp), xp)
    return xp.reshape(xp.transpose(placed - control[None], (0, 2, 1)), (-1, 18))


def quarter_turn(number):
    """The affine theta (6,) float32 of what `numpy.rot90(image, number)` shows of a square image."""
    cos, sin = [(1, 0), (0, 1), (-1, 0), (0, -1)][number % TURNS]
    return np.array([cos, -sin, 0, sin, cos, 0], np.float32)
