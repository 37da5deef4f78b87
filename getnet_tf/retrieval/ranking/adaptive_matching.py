"""Query adaptive matching: a picture is as like a query as the best mixture of its regions is."""

import numpy as np
from scipy.optimize import nnls

from getnet_tf.retrieval.unit import unit


def adaptive_match(query, regions):
    """The mixture of a picture's regions that comes nearest to a query: min ||q - F w||, w >= 0; the score is cos(q, F w).

    Args:
        query: (D,) float of length 1.
        regions: (R, D) of length 1, the columns of F; at least one.

    Returns:
        (score, weights (R,), not negative). Where nothing of the query is in any region, the score is 0 and so are the weights.

    Source: query adaptive matching, by SciPy's non-negative least squares (Lawson and Hanson 1974).
    """
    weights, _ = nnls(np.asarray(regions, np.float64).T, np.asarray(query, np.float64))
    return float(unit(weights @ regions) @ query), weights


def heaviest(weights):
    """Where the thing is: the number of the region that has most of the mixture."""
    return int(np.argmax(weights))
