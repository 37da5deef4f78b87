"""Class-agnostic spatial re-ranking: a picture is as like a query as the region is that is most like it."""

import numpy as np


def best_region(query, regions):
    """The best cosine of a query with a picture's regions, and where that is.

    Args:
        query: (D,) float of length 1.
        regions: (R, D) of length 1, at least one.

    Returns:
        (score, number of the region).

    Source: CA-SR, Salvador et al. 2016 (arXiv:1604.08893); regions are ours, not of Faster R-CNN.
    """
    cosines = regions @ query
    best = int(np.argmax(cosines))
    return float(cosines[best]), best
