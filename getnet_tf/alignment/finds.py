"""A tight reference and an area in which its thing was found: composed, so that how it lies there is known.

A is the thing as somebody shows it once; B has a margin, other things behind it and often something in front, and in it the
thing lies turned by any angle and a little tilted. Objects come from `getnet_tf.data.cutouts`, patches and light from where
scenes have them.
"""

import functools

import cv2
import numpy as np

from edge_demo.model.alignment.affine import after, inverse
from edge_demo.model.alignment.turns import TURNS, turn_theta
from getnet_tf.alignment.warps import read_picture_at, rotation
from getnet_tf.data import appearance, clutter
from getnet_tf.data.cutout import alpha_box
from getnet_tf.data.pasting import Piece, paste, piece, window
from getnet_tf.data.references import MARGINS, TURN_DEG

FILLED = (0.5, 0.95)  # of the area's sides, by the thing
TILT_SCALES, TILT_DEG = (0.8, 1.25), 45.0  # a mild stretch along any direction
MASK_SHARE = 0.6  # of the things that have a mask, those cut out by it and not as a rectangle
BEHIND = (0, 3)  # patches of no class, both included
IN_FRONT_SHARE = 0.6  # of the areas
IN_FRONT_SIDES = (0.2, 0.6)  # of a patch in front, share of the area's
MOST_HIDDEN = 0.45  # of the thing
LIGHT, BLUR, GRAIN, HARMONY = 0.5, 0.4, 0.5, 0.4  # as of `SceneConfig`
FEATHER_PX = (0.3, 1.5)
# How far an estimate may be off that the spline then mends.
NEAR_DEG, NEAR_SCALES, NEAR_SHIFT = 12.0, (0.85, 1.18), 0.12
AREAS = 4  # of a find: B, each composed for itself
ROLES = TURNS + AREAS + 1  # pictures of a find: A in every turn, the areas, and A nearly laid on the first


class Finds:
    """Finds, as pictures for a cache: picture r of find n is number n * ROLES + r. The photos take turns.

    Args:
        photos: `Cutouts`.
        hw: (h, w) of every picture, pixels; a square.
        seed: draws everything.
    """

    def __init__(self, photos, hw, seed):
        self.photos, self.hw, self.seed = photos, tuple(hw), seed
        # The pictures of a find are asked for one after the other.
        self.find = functools.lru_cache(maxsize=16)(self._find)

    def __call__(self, number):
        """{"image": (h, w, 3) uint8, "theta": (4, 6), "near": (6,) float32, "photo": () int, the thing's}

        theta maps each area B to A; near maps the first to A nearly laid on it.
        """
        find, role = divmod(number, ROLES)
        pictures, facts = self.find(find)
        if role < TURNS:
            image = read_picture_at(
                pictures["reference"], turn_theta(role), "affine", self.hw, border=cv2.BORDER_CONSTANT
            )
            return {"image": image, **facts}
        return {"image": pictures["near"] if role == ROLES - 1 else pictures["areas"][role - TURNS], **facts}

    def _find(self, number):
        rng = np.random.default_rng([self.seed, number])
        index = number % len(self.photos.labels)
        picture, alpha = self.photos.thing(index, bool(rng.random() < 0.5))
        box = np.array([0, 0, *picture.shape[1::-1]]) if alpha is None else alpha_box(alpha)
        to_a = reference_map(box, rng)
        light = functools.partial(appearance.relit, strength=LIGHT, rng=rng)
        reference = light(read_px(picture, to_a, self.hw, cv2.BORDER_REPLICATE))
        reference = appearance.blurred(reference, BLUR / 2, rng)
        solid = np.ones(picture.shape[:2], np.float32) if alpha is None else alpha
        if alpha is None or rng.random() >= MASK_SHARE:
            solid = np.zeros_like(solid)
            solid[box[1] : box[3], box[0] : box[2]] = 1
        areas, thetas = [], []
        for _ in range(AREAS):
            to_b = area_map(box, rng)
            alpha_b = read_px(solid, to_b, self.hw, cv2.BORDER_CONSTANT)
            alpha_b = cv2.GaussianBlur(alpha_b, (0, 0), rng.uniform(*FEATHER_PX))
            thing = read_px(light(picture), to_b, self.hw, cv2.BORDER_REPLICATE)
            other = self.photos.images[rng.integers(len(self.photos.images))]
            areas.append(self._composed(Piece(thing, alpha_b, alpha_b > 0.5, alpha_box(alpha_b)), other, rng))
            thetas.append(after(inverse(to_a), to_b)[0])

        error = near_map(rng)
        near = read_picture_at(
            reference, after(thetas[0][None], error)[0], "affine", self.hw, border=cv2.BORDER_CONSTANT
        )
        facts = {"theta": np.float32(thetas), "near": inverse(error)[0].astype(np.float32)}
        facts["photo"] = np.int64(index)
        return {"reference": reference, "areas": areas, "near": near}, facts

    def _composed(self, thing, other, rng):
        """The area: a piece of another picture, patches, the thing, perhaps something in front: (h, w, 3) uint8."""
        side = self.hw[0]
        frame = clutter.piece_of(other, 0.4, self.hw[::-1], rng)
        for _ in range(rng.integers(BEHIND[0], BEHIND[1] + 1)):
            _lay(frame, _patch(other, rng.uniform(0.2, 0.7) * side, rng), rng.integers(0, side, 2), rng)
        paste(frame, thing, (0, 0), rng.uniform(0, HARMONY))
        if rng.random() < IN_FRONT_SHARE:
            self._cover(frame, thing, _patch(other, rng.uniform(*IN_FRONT_SIDES) * side, rng), rng)
        frame = appearance.relit(frame, LIGHT / 2, rng)
        return appearance.grainy(appearance.blurred(frame, BLUR, rng), GRAIN, rng)

    def _cover(self, frame, thing, patch, rng):
        """Lays a patch over a random place of the thing, unless that would hide too much of it."""
        places = np.argwhere(thing.solid)
        if patch is None or not len(places):
            return
        middle = places[rng.integers(len(places))][::-1]
        there, here = window(patch, _corner(patch, middle), self.hw[0])
        if np.sum(patch.solid[here] & thing.solid[there]) <= MOST_HIDDEN * len(places):
            _lay(frame, patch, middle, rng)


def reference_map(box, rng):
    """Where a tight reference reads its photo: (1, 6), normalized -> pixels. Margins and turn as of `references`."""
    wh = (box[2:] - box[:2]).astype(float)
    margin = rng.uniform(*MARGINS, (2, 2)) * wh
    low, high = box[:2] - margin[0], box[2:] + margin[1]
    linear = rotation(np.deg2rad(rng.uniform(-TURN_DEG, TURN_DEG))) @ np.diag((high - low) / 2)
    return np.column_stack([linear, (low + high - 1) / 2]).reshape(1, 6)


def area_map(box, rng):
    """Where an area reads the photo of its thing: (1, 6), normalized -> pixels: turned by any angle, tilted, with a margin."""
    middle, half = (box[:2] + box[2:] - 1) / 2, (box[2:] - box[:2]) / 2
    turn, along = rotation(rng.uniform(-np.pi, np.pi)), rotation(np.deg2rad(rng.uniform(-TILT_DEG, TILT_DEG)))
    laid = turn @ along.T @ np.diag(rng.uniform(*TILT_SCALES, 2)) @ along  # photo -> as it lies
    reach = np.abs(laid) @ half  # half sides of the box around it
    half_area = reach / rng.uniform(*FILLED, 2)
    shift = rng.uniform(-1, 1, 2) * (half_area - reach)
    back = np.linalg.inv(laid)
    return np.column_stack([back @ np.diag(half_area), middle + back @ shift]).reshape(1, 6)


def near_map(rng):
    """An affine map near the identity: (1, 6)."""
    linear = rotation(np.deg2rad(rng.uniform(-NEAR_DEG, NEAR_DEG))) @ np.diag(rng.uniform(*NEAR_SCALES, 2))
    return np.column_stack([linear, rng.uniform(-NEAR_SHIFT, NEAR_SHIFT, 2)]).reshape(1, 6)


def read_px(picture, to_px, hw, border):
    """A picture read at an affine map (1, 6) from normalized coordinates to its pixels: (h, w, ...)."""
    span = np.array(picture.shape[1::-1], float) - 1
    to_norm = np.array([2 / span[0], 0, -1, 0, 2 / span[1], -1])[None]
    return read_picture_at(picture, after(to_norm, to_px)[0], "affine", hw, border=border)


def turned_theta(theta, number):
    """theta (B, 6) into A -> into A in a turn, number (B,) int: (B, 6)."""
    return after(inverse(np.stack([turn_theta(n) for n in number])), theta)


def angle_deg(theta):
    """How far an affine map (B, 6) turns: the rotation nearest to it, (B,) degrees in -180 ... 180."""
    m11, m12, _, m21, m22, _ = np.asarray(theta, float).T
    return np.rad2deg(np.arctan2(m21 - m12, m11 + m22))


def _patch(background, side_px, rng):
    picture, alpha = clutter.patch(background, rng)
    wh = tuple(int(max(2, n)) for n in side_px * np.exp(rng.uniform(-0.5, 0.5, 2)))
    return piece(picture, alpha, wh, float(rng.uniform(-45, 45)), rng.uniform(*FEATHER_PX))


def _corner(patch, middle):
    return np.asarray(middle) - np.array(patch.alpha.shape[::-1]) // 2


def _lay(frame, patch, middle, rng):
    if patch is not None:
        paste(frame, patch, _corner(patch, middle), rng.uniform(0, HARMONY))
