"""Attention: theta = (s, tx, ty), A_theta = [[s, 0, tx], [0, s, ty]]: the paper's, eq. 3."""

from __future__ import annotations

from types import ModuleType

from edge_demo.model.thetas.kind import Array, AxisAligned, one_scale


class Attention(AxisAligned):
    """Scales both sides alike, and shifts."""

    name, size, for_boxes = "attention", 3, True

    def scale_and_shift(self, theta: Array, xp: ModuleType) -> tuple[Array, Array]:
        return xp.concatenate([theta[:, :1], theta[:, :1]], axis=-1), theta[:, 1:]

    def from_heat(self, centre: Array, half: Array, extra: Array, xp: ModuleType) -> Array:
        return xp.concatenate([one_scale(half, xp), centre], axis=-1)

    def from_area(self, scale: Array, shift: Array, xp: ModuleType) -> Array:
        return xp.concatenate([xp.sqrt(scale[:, :1] * scale[:, 1:]), shift], axis=-1)
