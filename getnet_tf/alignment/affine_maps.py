"""Affine maps and splines, one behind the other, in NumPy or in `keras.ops`. Composing and inverting is in
`edge_demo.model.alignment.affine`.

Convention: `edge_demo.model.thetas.kind`. theta maps B to A: a point p of B lies at theta(p) in A. Arrays of points are
(B, N, 2), of which each theta of a batch moves its own.
"""

import numpy as np

from edge_demo.model.alignment.affine import after, inverse
from edge_demo.model.thetas import KINDS
from edge_demo.model.thetas.tps import CONTROL

IDENTITY = np.array([1, 0, 0, 0, 1, 0], np.float32)
# The eight ways to lay a square on itself, turned and mirrored: (8, 6).
SYMMETRIES = np.array(
    [[x, 0, 0, 0, y, 0] for x in (1, -1) for y in (1, -1)]
    + [[0, x, 0, y, 0, 0] for x in (1, -1) for y in (1, -1)],
    np.float32,
)


def moved(theta, points, xp=np):
    """Points (B, N, 2) moved by affine theta (B, 6): (B, N, 2)."""
    matrix = KINDS["affine"].matrix(theta, xp)
    return xp.matmul(points, xp.transpose(matrix[:, :, :2], (0, 2, 1))) + matrix[:, None, :, 2]


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


def resampled(theta, kind, read_a, read_b):
    """theta between A and B -> between A read at `read_a` and B read at `read_b`.

    Args:
        theta: (B, P) float.
        kind: "affine", or "tps": exact then, too, if `read_b` is one of `SYMMETRIES`, which moves control points to control points.
        read_a, read_b: (B, 6) affine.

    Returns:
        (B, P) NumPy.
    """
    if kind == "affine":
        return after(inverse(read_a), after(theta, read_b))
    places = moved(read_b, np.tile(CONTROL[None], (len(theta), 1, 1)))  # (B, 9, 2)
    placed = np.concatenate(
        [KINDS[kind].read_at(one[None], points, np) for one, points in zip(theta, places, strict=True)]
    )
    return np.reshape(np.transpose(moved(inverse(read_a), placed) - CONTROL, (0, 2, 1)), (-1, 18))
