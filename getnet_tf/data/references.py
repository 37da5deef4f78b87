"""The reference picture of an object: what a user would show once."""

import cv2
import numpy as np

from getnet_tf.data import appearance, clutter
from getnet_tf.data.cutout import alpha_box, check_picture

MARGINS = (-0.03, 0.12)  # around the object, share of its side, each edge alone
TURN_DEG = 8.0  # rotation up to this either way
TILT = 0.05  # how far each corner moves, share of the side


def reference_of(picture, alpha, config, rng):
    """The reference that a user would show: the object alone, filling the picture, seen a little differently.

    Args:
        picture: (H, W, 3) uint8.
        alpha: (H, W) float32 mask, or None where the whole picture is the object.
        config: `SceneConfig`: `reference_side`, `light`, `blur`.
        rng: `numpy.random.Generator`.

    Returns:
        (R, R, 3) uint8: the tight box with jittered margins, turned up to 8 degrees, slightly tilted, relit; both
        axes stretched to R pixels.

    Raises:
        ValueError: if the picture is not (H, W, 3) uint8, or the mask is empty.
    """
    check_picture(picture)
    height, width = picture.shape[:2]
    box = np.array([0, 0, width, height]) if alpha is None else alpha_box(alpha)
    if box is None:
        raise ValueError("Expected a mask with an object, received one that nowhere exceeds 0.5.")
    wh = (box[2:] - box[:2]).astype(float)
    margin = rng.uniform(*MARGINS, (2, 2)) * wh
    low, high = np.maximum(box[:2] - margin[0], 0), np.minimum(box[2:] + margin[1], (width, height))
    crop = _tilted(picture, low, high, rng)
    crop = clutter.resized(crop, (config.reference_side,) * 2)
    return appearance.blurred(appearance.relit(crop, config.light, rng), config.blur / 2, rng)


def _tilted(picture, low, high, rng):
    """The rectangle from `low` to `high` (x, y edges), turned about its middle and in a light perspective."""
    wh = np.maximum(high - low, 2)
    angle_rad = np.deg2rad(rng.uniform(-TURN_DEG, TURN_DEG))
    turn = np.array([[np.cos(angle_rad), -np.sin(angle_rad)], [np.sin(angle_rad), np.cos(angle_rad)]])
    unit = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    corners = (unit + rng.uniform(-TILT, TILT, (4, 2))) * wh @ turn.T + (low + high) / 2
    out_wh = np.rint(wh).astype(int)
    # Edges to centres: pixel i covers [i, i + 1).
    matrix = cv2.getPerspectiveTransform(np.float32(corners - 0.5), np.float32((unit + 0.5) * out_wh - 0.5))
    return cv2.warpPerspective(
        picture, matrix, tuple(map(int, out_wh)), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
