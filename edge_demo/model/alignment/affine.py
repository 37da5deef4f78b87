"""Affine maps, one behind the other, and undone; see `edge_demo.model.thetas.kind`. `xp` computes, NumPy or a framework."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from edge_demo.model.thetas import KINDS
from edge_demo.model.thetas.kind import Array


def after(outer: Array, inner: Array, xp: ModuleType = np) -> Array:
    """The affine map outer(inner(p)): (B, 6) and (B, 6) -> (B, 6)."""
    outer, inner = (KINDS["affine"].matrix(theta, xp) for theta in (outer, inner))
    product = xp.matmul(outer[:, :, :2], inner)
    rows = xp.concatenate([product[:, :, :2], product[:, :, 2:] + outer[:, :, 2:]], axis=-1)
    return xp.reshape(rows, (-1, 6))


def inverse(theta: np.ndarray) -> np.ndarray:
    """The affine map that undoes theta: (B, 6) -> (B, 6) NumPy. Raises LinAlgError if it is flat."""
    matrix = np.reshape(theta, (-1, 2, 3))
    linear = np.linalg.inv(matrix[:, :, :2])
    shift = -linear @ matrix[:, :, 2:]
    return np.concatenate([linear, shift], axis=-1).reshape(-1, 6)
