"""Random maps, and pictures read at them: two views of one picture, whose theta is known because we chose it.

Every view is a function of its number and a seed, whoever asks for it and when (`getnet_tf.data.map_cache`). Beyond its edge a
picture goes on mirrored, so that no border tells how it was warped.

Source: section 4.1 of Rocco et al. 2017 (arXiv:1703.05593) and the authors' code.
"""

import cv2
import numpy as np

from edge_demo.model.thetas import KINDS
from getnet_tf.alignment.affine_maps import IDENTITY
from getnet_tf.data import appearance
from getnet_tf.data.cutouts import MAX_SIDE
from getnet_tf.data.picture import read_rgb

TURN_DEG, SHEAR_DEG = 15.0, 30.0  # either way
SCALES = (0.75, 1.25)
SHIFT = 0.25  # either way, of half the side
BEND = 0.4  # how far each control point moves along each axis, of half the side
PARTS = (
    0.6,
    1.0,
)  # share of a picture's sides that its views are about: the rest is what a warp reads beyond them
LIGHT = 0.6  # changes of light, each view for itself
BLUR = 0.3


def random_affine(rng):
    """A = R(a) R(f)^T D R(f) with a random shift: (6,) float32 of the kind affine."""
    turn, shear = (rotation(np.deg2rad(rng.uniform(-most, most))) for most in (TURN_DEG, SHEAR_DEG))
    linear = turn @ shear.T @ np.diag(rng.uniform(*SCALES, 2)) @ shear
    return np.column_stack([linear, rng.uniform(-SHIFT, SHIFT, 2)]).reshape(6).astype(np.float32)


def random_spline(rng):
    """Every control point somewhere near its place: (18,) float32 of the kind tps."""
    return rng.uniform(-BEND, BEND, 18).astype(np.float32)


def rotation(angle_rad):
    """(2, 2): turns (x, y) from x towards y."""
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[cos, -sin], [sin, cos]])


def read_picture_at(picture, theta, kind, hw, part=1.0, border=cv2.BORDER_REFLECT_101):
    """A picture, read where theta says.

    Args:
        picture: (H, W, 3) or (H, W), uint8 or float32.
        theta: (P,) float, result -> picture, normalized.
        kind: name of its kind.
        hw: (h, w) of the result, pixels.
        part: what theta's -1 ... +1 is of the picture's.
        border: what lies beyond the picture's edge, of OpenCV.

    Returns:
        (h, w, 3) or (h, w), same dtype.
    """
    x, y = np.meshgrid(*(np.linspace(-1, 1, n, dtype=np.float32) for n in hw[::-1]))
    points = np.stack([x.ravel(), y.ravel()], axis=-1)
    read = KINDS[kind].read_at(np.asarray(theta, np.float32)[None], points, np)[0] * part
    last_px = np.array(picture.shape[1::-1], np.float32) - 1
    at_px = ((read + 1) / 2 * last_px).reshape(*hw, 2).astype(np.float32)
    return cv2.remap(picture, at_px, None, cv2.INTER_LINEAR, borderMode=border)


class Views:
    """Views of pictures: view v of picture p is number p * count + v. Their theta maps the view to the picture's part.

    Args:
        paths: of the picture files.
        count: views of each.
        kind: "affine", of which view 0 is the part as it is; or "tps".
        hw: (h, w) of a view, pixels.
        seed: draws everything.
    """

    def __init__(self, paths, count, kind, hw, seed):
        self.paths, self.count, self.kind = paths, count, kind
        self.hw, self.seed = hw, seed

    def __call__(self, number):
        """{"image": (h, w, 3) uint8, "theta": (P,) float32}"""
        photo, view = divmod(number, self.count)
        # The part is the picture's, and the same for both kinds; all else is the view's.
        part = np.random.default_rng([self.seed, photo]).uniform(*PARTS)
        rng = np.random.default_rng([self.seed, photo, view, KINDS[self.kind].size])
        theta = self._theta(view, rng)
        picture = read_rgb(self.paths[photo], MAX_SIDE)
        image = read_picture_at(picture, theta, self.kind, self.hw, part)
        image = appearance.blurred(appearance.relit(image, LIGHT, rng), BLUR, rng)
        return {"image": image, "theta": theta}

    def _theta(self, view, rng):
        if self.kind == "tps":
            return random_spline(rng)
        return random_affine(rng) if view else IDENTITY
