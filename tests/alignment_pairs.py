"""Folders of pairs, and an aligner that always says the same, for the tests of alignment's evaluation. Imports no TensorFlow."""

from types import SimpleNamespace

import numpy as np
from photo_files import write_picture

from edge_demo.model.alignment.aligner import Laid
from edge_demo.model.alignment.placement import Placement
from edge_demo.model.thetas.kind import ThetaKind

IMAGE_HW = (40, 60)
IDENTITY = np.eye(3)
HEADER = "x_px,y_px\n"


class Bend(ThetaKind):
    """x is read at x + first / 2 (x^2 - 1), y at y + second: a spline's stand-in whose outcomes can be told by hand."""

    name, size = "tps", 18

    def read_at(self, theta, points, xp):
        x, y = points[None, :, 0], points[None, :, 1]
        return xp.stack([x + theta[:, :1] / 2 * (x * x - 1), y + theta[:, 1:2]], axis=-1)


class Aligner:
    """Gives every pair the same thetas: an affine (6,), and the first two numbers of a spline after it, and of one `alone`."""

    def __init__(self, affine=(1, 0, 0, 0, 1, 0), spline=(0, 0), alone=(0, 0)):
        self.affine, self.spline, self.alone, self.seen = affine, spline, alone, []

    def shape(self, picture_bgr_u8):
        return SimpleNamespace(picture=picture_bgr_u8, hw=picture_bgr_u8.shape[:2])

    def laid(self, shape, area_bgr_u8, way):
        self.seen.append((shape.picture, area_bgr_u8))
        spline = self.alone if way == "tps" else self.spline
        thetas = {"affine": np.float32(self.affine), "tps": np.float32([*spline, *(0,) * 16])}
        return Laid(Placement(thetas, way, shape.hw, area_bgr_u8.shape[:2], IMAGE_HW), 0.5)


def write_keyed(path, points, hw=(40, 60), seed=0):
    """Writes a picture and its key points beside it."""
    write_picture(path, seed, hw)
    path.with_suffix(".csv").write_text(HEADER + "".join(f"{x},{y}\n" for x, y in points))


def write_plane(folder, name="wall", homography=IDENTITY, hw=(100, 150)):
    """Writes two pictures of `hw` and the matrix that takes the first to the second."""
    for number in (0, 1):
        write_picture(folder / f"{name}{number}.jpg", number, hw)
    np.savetxt(folder / f"{name}_homography.txt", homography)
