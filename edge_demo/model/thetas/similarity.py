"""Similarity: theta = (s, a, tx, ty), A_theta = [[s cos a, -s sin a, tx], [s sin a, s cos a, ty]], a in radians."""

from __future__ import annotations

from types import ModuleType

from edge_demo.model.thetas.kind import Array, ThetaKind, one_scale, stacked


class Similarity(ThetaKind):
    """Scales both sides alike, turns and shifts."""

    name, size, extra = "similarity", 4, 1

    def matrix(self, theta: Array, xp: ModuleType) -> Array:
        scale, angle, tx, ty = (theta[:, i] for i in range(self.size))
        cos, sin = scale * xp.cos(angle), scale * xp.sin(angle)
        return stacked([cos, -sin, tx, sin, cos, ty], xp)

    def from_heat(self, centre: Array, half: Array, extra: Array, xp: ModuleType) -> Array:
        return xp.concatenate([one_scale(half, xp), extra, centre], axis=-1)
