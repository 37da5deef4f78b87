"""Translation: theta = (tx, ty), A_theta = [[1, 0, tx], [0, 1, ty]]."""

from __future__ import annotations

from types import ModuleType

from edge_demo.model.thetas.kind import Array, AxisAligned


class Translation(AxisAligned):
    """Shifts, at scale 1."""

    name, size, scales = "translation", 2, False

    def scale_and_shift(self, theta: Array, xp: ModuleType) -> tuple[Array, Array]:
        return xp.ones_like(theta), theta

    def from_heat(self, centre: Array, half: Array, extra: Array, xp: ModuleType) -> Array:
        return centre
