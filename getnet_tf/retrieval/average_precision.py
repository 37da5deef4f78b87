"""How good an order of answers is, by which of them are right."""

import numpy as np


def average_precision(right, total, limit=None):
    """The mean, over all answers that are right, of the share of right ones up to there.

    Args:
        right: (N,) bool, in the order of the answers.
        total: how many right ones there are, at least 1; those that were not answered count as never found.
        limit: so many answers count, and no more than so many right ones can be found; None: all.

    Returns:
        float in [0, 1]; with a limit of 10 it is AP@10.
    """
    right = np.asarray(right, bool)[:limit]
    shares = np.cumsum(right) / np.arange(1, len(right) + 1)
    return float(shares[right].sum() / (total if limit is None else min(total, limit)))
