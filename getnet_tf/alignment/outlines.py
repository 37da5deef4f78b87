"""Outlines of things, and how well two of them agree: quadrilaterals, their corners in order.

Corners are (4, 2) in pixels as in `getnet_tf.geometry`: pixel centres lie at integers, so a whole picture's outline begins at -0.5.
"""

import cv2
import numpy as np

from edge_demo.model.alignment.placement import outline_of
from getnet_tf.alignment.pck import longer_side

RIGHT = 0.8  # IoU above which an outline counts as right


def corner_error(found_px, true_px):
    """The mean distance of the corners from where they belong, over the longer side of the true outline's upright box."""
    return float(np.linalg.norm(np.asarray(found_px) - true_px, axis=-1).mean() / longer_side(true_px))


def outline_iou(found_px, true_px):
    """Intersection over union of what two outlines enclose.

    A picture of a flat thing is convex from wherever it is seen: an outline that is twisted, dented or not finite is wrong, and scores 0.

    Args:
        found_px: (4, 2) float.
        true_px: (4, 2) float, convex.

    Returns:
        float in [0, 1].
    """
    centre, size = np.mean(true_px, axis=0), longer_side(true_px)
    # Round the true one, as OpenCV computes with 7 digits.
    found, true = (
        ((np.asarray(outline) - centre) / size).astype(np.float32) for outline in (found_px, true_px)
    )
    if not np.isfinite(found).all() or not cv2.isContourConvex(found):
        return 0.0
    shared, _ = cv2.intersectConvexConvex(found, true)
    return float(shared / (cv2.contourArea(found) + cv2.contourArea(true) - shared))


def outline_scores(pieces, placements):
    """How well the outlines of pieces are found; pairs of pictures count the same, however many pieces they have.

    Args:
        pieces: list of `planes.Piece`.
        placements: list, one for each piece, whose `found` takes pixels of the reference to pixels of the area.

    Returns:
        dict: `outline_right`, the mean over pairs of the share of outlines with an IoU above 0.8; `outline_iou` and `corner_error`,
        the means over pairs of the mean IoU and of the median corner error; `pairs`, the share of every pair.
    """
    pairs = {}
    for piece, placement in zip(pieces, placements, strict=True):
        found_px = placement.found(outline_of(piece.reference.shape[:2]))
        scores = outline_iou(found_px, piece.outline_px), corner_error(found_px, piece.outline_px)
        pairs.setdefault(piece.pair, []).append(scores)
    ious, errors = zip(*(np.transpose(scores) for scores in pairs.values()), strict=True)
    right = [float(np.mean(own > RIGHT)) for own in ious]
    return {
        "outline_right": float(np.mean(right)),
        "outline_iou": float(np.mean([np.mean(own) for own in ious])),
        "corner_error": float(np.mean([np.median(own) for own in errors])),
        "pairs": dict(zip(pairs, right, strict=True)),
    }
