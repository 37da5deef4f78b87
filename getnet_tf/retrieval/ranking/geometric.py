"""Geometric re-ranking: answers onto which the query can be laid come first, and its outline says where it lies."""

import numpy as np

FITS = 0.0  # confidence from which on two show one thing


def by_confidence(confidences):
    """The order of answers that an aligner looked at: those that fit, the surest first, then the others as they were.

    Args:
        confidences: (N,) float, logits in the order of the answers; nan where nothing could be aligned.

    Returns:
        (N,) numbers of the answers.
    """
    confidences = np.asarray(confidences, float)
    fits = np.flatnonzero(confidences >= FITS)
    others = np.flatnonzero(~(confidences >= FITS))
    return np.concatenate([fits[np.argsort(-confidences[fits], kind="stable")], others])


def box_round(points_px, picture_wh):
    """The box round an outline (N, 2), as far as a picture of (width, height) goes: (xmin, ymin, xmax, ymax)."""
    clipped = np.clip(points_px, 0, picture_wh)
    return (*clipped.min(axis=0).tolist(), *clipped.max(axis=0).tolist())
