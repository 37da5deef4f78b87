"""What every kind of theta can say of itself.

Convention: theta maps output (target) coordinates to input (source) coordinates, eq. 2: it says where to read. Both are
normalized, -1 and +1 are the centres of the corner pixels, x points right and y down.

Arrays are NumPy's or a framework's: every function takes the namespace `xp` to compute with, `numpy` on the edge and
`keras.ops` in training, and there is one definition for both.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

Array = Any  # of the namespace that is given


class ThetaKind:
    """A kind of theta. Subclasses set the attributes and define `matrix` (or `read_at` and `bounds`) and `from_heat`.

    Attributes:
        name: what settings and model files call it.
        size: P, how many numbers it has.
        axis_aligned: whether it reads a rectangle with upright sides, which needs no gather (eq. 5 is separable then).
        scales: whether the size of what it looks at can change, so that there is a gain to learn.
        extra: channels of a localiser's map beside the heat: what centre and spread do not give.
        for_heat: whether a heat map's centre and spread say all of it, so that a localiser can give it; see `from_heat`.
        for_boxes: whether it can look at a given box, as a localiser on maps asks of it; see `from_area`.
    """

    name: str
    size: int
    axis_aligned = False
    scales = True
    extra = 0
    for_heat = True
    for_boxes = False

    def matrix(self, theta: Array, xp: ModuleType) -> Array:
        """theta (B, P) as A_theta of eq. 1, (B, 2, 3), of the same dtype."""
        raise TypeError(f"{type(self).__name__} has no matrix: its map is not affine.")

    def from_heat(self, centre: Array, half: Array, extra: Array, xp: ModuleType) -> Array:
        """theta (B, P) from a heat map's centre (B, 2), the half sides that its spread asks for (B, 2), and the averages
        (B, `extra`) of the other channels."""
        raise TypeError(f"{type(self).__name__} cannot be read off a heat map.")

    def from_area(self, scale: Array, shift: Array, xp: ModuleType) -> Array:
        """theta (B, P) that looks at the area of half sides `scale` (B, 2) round `shift` (B, 2), normalized."""
        raise TypeError(f"{type(self).__name__} cannot look at a given box.")

    def read_at(self, theta: Array, points: Array, xp: ModuleType) -> Array:
        """Where the target's points (N, 2) read in the source, (B, N, 2): eq. 2."""
        target = xp.concatenate([points, xp.ones_like(points[:, :1])], axis=-1)[None]
        return xp.matmul(target, xp.transpose(self.matrix(theta, xp), (0, 2, 1)))

    def bounds(self, theta: Array, xp: ModuleType) -> tuple[Array, Array]:
        """The corners (B, 2) and (B, 2), normalized, of the upright rectangle round all pixel centres that are read."""
        matrix = self.matrix(theta, xp)
        reach, centre = xp.sum(xp.abs(matrix[:, :, :2]), axis=-1), matrix[:, :, 2]
        return centre - reach, centre + reach


class AxisAligned(ThetaKind):
    """A kind that only scales and shifts. Subclasses define `scale_and_shift`."""

    axis_aligned = True

    def scale_and_shift(self, theta: Array, xp: ModuleType) -> tuple[Array, Array]:
        """theta (B, P) -> (sx, sy) (B, 2) and (tx, ty) (B, 2)."""
        raise TypeError(f"{type(self).__name__} does not say how it scales.")

    def matrix(self, theta: Array, xp: ModuleType) -> Array:
        scale, shift = self.scale_and_shift(theta, xp)
        zero = xp.zeros_like(scale[:, 0])
        return stacked([scale[:, 0], zero, shift[:, 0], zero, scale[:, 1], shift[:, 1]], xp)


def stacked(rows: list[Array], xp: ModuleType) -> Array:
    """The six numbers of A_theta, row by row, each (B,) -> (B, 2, 3)."""
    return xp.reshape(xp.stack(rows, axis=-1), (-1, 2, 3))


def one_scale(half: Array, xp: ModuleType) -> Array:
    """The scale (B, 1) of a square as large as half sides (B, 2), by their mean square."""
    return xp.sqrt(xp.mean(xp.square(half), axis=-1, keepdims=True))
