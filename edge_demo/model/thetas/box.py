"""Box: theta = (sx, sy, tx, ty), A_theta = [[sx, 0, tx], [0, sy, ty]]."""

from __future__ import annotations

from types import ModuleType

from edge_demo.model.thetas.kind import Array, AxisAligned


class Box(AxisAligned):
    """Scales each side by itself, and shifts."""

    name, size, for_boxes = "box", 4, True

    def scale_and_shift(self, theta: Array, xp: ModuleType) -> tuple[Array, Array]:
        return theta[:, :2], theta[:, 2:]

    def from_heat(self, centre: Array, half: Array, extra: Array, xp: ModuleType) -> Array:
        return xp.concatenate([half, centre], axis=-1)

    def from_area(self, scale: Array, shift: Array, xp: ModuleType) -> Array:
        return xp.concatenate([scale, shift], axis=-1)
