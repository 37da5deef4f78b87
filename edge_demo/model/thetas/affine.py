"""Affine: theta = (th11, th12, th13, th21, th22, th23), the rows of A_theta: eq. 1."""

from __future__ import annotations

from types import ModuleType

from edge_demo.model.thetas.kind import Array, ThetaKind


class Affine(ThetaKind):
    """Any affine map."""

    name, size, extra = "affine", 6, 4

    def matrix(self, theta: Array, xp: ModuleType) -> Array:
        return xp.reshape(theta, (-1, 2, 3))

    def from_heat(self, centre: Array, half: Array, extra: Array, xp: ModuleType) -> Array:
        """The rows of diag(half) (I + extra), each with its shift behind."""
        sx, sy = half[:, :1], half[:, 1:]
        row_x = [sx * (1.0 + extra[:, :1]), sx * extra[:, 1:2], centre[:, :1]]
        row_y = [sy * extra[:, 2:3], sy * (1.0 + extra[:, 3:4]), centre[:, 1:]]
        return xp.concatenate(row_x + row_y, axis=-1)
