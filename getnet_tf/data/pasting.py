"""One thing on its way into a frame: turned, resized, feathered, placed and blended; its box known to the pixel."""

import dataclasses

import cv2
import numpy as np

from getnet_tf.data.appearance import harmonised
from getnet_tf.data.clutter import resized
from getnet_tf.data.cutout import alpha_box, tight_crop

PAD_PX = 4  # around a thing, for its feathered border
SPARE = 1.5  # source pixels kept per pixel wanted, while turning
LEAST_PX = 8  # sides of what is turned: of a single pixel nothing would be left


@dataclasses.dataclass(frozen=True)
class Piece:
    """A thing ready to be placed.

    `picture` (h, w, 3) uint8; `alpha` (h, w) float32; `solid` (h, w) bool, alpha > 0.5; `box` (4,) int, the edges of
    `solid` in pixels of the piece.
    """

    picture: np.ndarray
    alpha: np.ndarray
    solid: np.ndarray
    box: np.ndarray


def piece(picture, alpha, wh, angle_deg, feather_px):
    """Turns a thing and resizes it, so that its box is `wh` pixels (exactly for rectangles, masks to about a pixel).

    Args:
        picture: (H, W, 3) uint8.
        alpha: (H, W) float32 mask, or None for the whole rectangle.
        wh: (width, height) of the box wanted, pixels, each at least 1.
        angle_deg: rotation, counter-clockwise.
        feather_px: standard deviation of the border's blur; 0 leaves it as it is.

    Returns:
        `Piece`, or None if nothing of the mask is left at this size.
    """
    if alpha is None:
        alpha = np.ones(picture.shape[:2], np.float32)
    else:
        picture, alpha = tight_crop(picture, alpha, margin_px=1)
    height, width = alpha.shape
    factor = min(1.0, SPARE * max(wh[0] / width, wh[1] / height))
    reduced = max(LEAST_PX, round(width * factor)), max(LEAST_PX, round(height * factor))
    if reduced != (width, height):
        picture, alpha = resized(picture, reduced), resized(alpha, reduced)
    if angle_deg:
        picture, alpha = _turned(picture, alpha, angle_deg)
    box = alpha_box(alpha)
    if box is None:
        return None
    xmin, ymin, xmax, ymax = box
    picture, alpha = (resized(of[ymin:ymax, xmin:xmax], wh) for of in (picture, alpha))
    picture = cv2.copyMakeBorder(picture, *(PAD_PX,) * 4, cv2.BORDER_REPLICATE)
    alpha = np.pad(alpha, PAD_PX)
    if feather_px:
        # Blurred it is above 0.5 just inside the old edge and below just outside: the box of a rectangle stays.
        alpha = cv2.GaussianBlur(alpha, (0, 0), feather_px)
    box = alpha_box(alpha)
    return None if box is None else Piece(picture, alpha, alpha > 0.5, box)


def window(thing, corner_xy, side):
    """Where a piece at `corner_xy` and a frame of `side` pixels overlap: slices of the frame and of the piece, or None.

    `corner_xy` is the place of the piece's own corner in the frame, int.
    """
    in_frame, in_piece = [], []
    for corner, length in zip(corner_xy[::-1], thing.alpha.shape, strict=True):  # rows, then columns
        low, high = max(corner, 0), min(corner + length, side)
        if low >= high:
            return None
        in_frame.append(slice(low, high))
        in_piece.append(slice(low - corner, high - corner))
    return tuple(in_frame), tuple(in_piece)


def paste(frame, thing, corner_xy, harmony):
    """Blends a piece into a frame, in place.

    Args:
        frame: (S, S, 3) uint8; changed.
        thing: `Piece`.
        corner_xy: of the piece in the frame, int pixels.
        harmony: how far its colours move towards what it covers, 0 to 1.
    """
    overlap = window(thing, corner_xy, len(frame))
    if overlap is None:
        return
    there, here = overlap
    under, alpha = frame[there], thing.alpha[here]
    over = harmonised(thing.picture[here], thing.solid[here], under, harmony)
    mixed = under + alpha[..., None] * (np.clip(over, 0, 255) - under)
    frame[there] = np.rint(mixed).astype(np.uint8)


def _turned(picture, alpha, angle_deg):
    """Rotates both about the middle; the result holds all of the old rectangle."""
    height, width = alpha.shape
    rotation = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle_deg, 1.0)
    cos, sin = abs(rotation[0, 0]), abs(rotation[0, 1])
    w, h = int(np.ceil(width * cos + height * sin)), int(np.ceil(width * sin + height * cos))
    rotation[:, 2] += (w - width) / 2, (h - height) / 2
    turned = cv2.warpAffine(
        picture, rotation, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return turned, cv2.warpAffine(alpha, rotation, (w, h), flags=cv2.INTER_LINEAR)
