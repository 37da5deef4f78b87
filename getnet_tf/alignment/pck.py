"""PCK: the share of key points that are carried to about where they belong."""

import numpy as np

ALPHA = 0.1  # what the papers report


def pck(carried_px, true_px, alpha=ALPHA):
    """The share of key points carried within alpha L of their place, L the longer side of the upright box round all places.

    Args:
        carried_px: (N, 2) float, where B's key points were carried to in A.
        true_px: (N, 2) float, A's own.
        alpha: of L.

    Returns:
        float in [0, 1].

    Source: Yang, Ramanan 2013; the direction and L as in the code of Rocco et al. 2017: the target's points are warped into the
    source, and distances and L are taken there.
    """
    far_px = np.linalg.norm(np.asarray(carried_px) - true_px, axis=-1)
    return float(np.mean(far_px <= alpha * longer_side(true_px)))


def pck_scores(pairs, placements, alpha=ALPHA):
    """PCK over pairs of pictures, the mean of all pairs' and of every sub-class's.

    Args:
        pairs: list of (A, B), as `keypoints.read_pairs` gives them.
        placements: list, one for each pair, whose `carried` takes pixels of B to pixels of A.
        alpha: as for `pck`.

    Returns:
        (float, dict sub-class -> float).
    """
    shares, own = [], {}
    for (a, b), placement in zip(pairs, placements, strict=True):
        shares.append(pck(placement.carried(b.points_px), a.points_px, alpha))
        own.setdefault(a.subclass, []).append(shares[-1])
    return float(np.mean(shares)), {name: float(np.mean(values)) for name, values in own.items()}


def longer_side(points):
    """The longer side of the upright box round points (N, 2)."""
    return float(np.ptp(points, axis=0).max())
