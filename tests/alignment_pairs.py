"""Folders of pairs, and an aligner that always says the same, for the tests of alignment's evaluation. Imports no TensorFlow."""

import numpy as np
from photo_files import write_picture

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

    image_hw = IMAGE_HW

    def __init__(self, affine=(1, 0, 0, 0, 1, 0), spline=(0, 0), alone=(0, 0)):
        self.affine, self.spline, self.alone, self.seen = affine, spline, alone, []

    def __call__(self, image_a, image_b):
        self.seen.append((image_a, image_b))
        count = len(image_a)
        return {
            "affine": np.tile(np.float32(self.affine), (count, 1)),
            "tps": self._splines(self.spline, count),
            "confidence": np.full(count, 0.5, np.float32),
        }

    def by_spline(self, image_a, image_b):
        return self._splines(self.alone, len(image_a))

    def _splines(self, first, count):
        return np.tile(np.float32([*first, *(0,) * 16]), (count, 1))


def write_keyed(path, points, hw=(40, 60), seed=0):
    """Writes a picture and its key points beside it."""
    write_picture(path, seed, hw)
    path.with_suffix(".csv").write_text(HEADER + "".join(f"{x},{y}\n" for x, y in points))


def write_plane(folder, name="wall", homography=IDENTITY, hw=(100, 150)):
    """Writes two pictures of `hw` and the matrix that takes the first to the second."""
    for number in (0, 1):
        write_picture(folder / f"{name}{number}.jpg", number, hw)
    np.savetxt(folder / f"{name}_homography.txt", homography)
