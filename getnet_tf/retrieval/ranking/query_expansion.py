"""The query learns from its own best answers. It can hurt: what was wrong among them is asked for, too."""

import numpy as np

from getnet_tf.retrieval.unit import unit


def expanded(query, answers):
    """The mean of a query and its best answers, at length 1.

    Args:
        query: (D,) float of length 1.
        answers: (n, D) of length 1.

    Returns:
        (D,).

    Source: Chum et al. 2007, as average query expansion.
    """
    return alpha_expanded(query, answers, 0.0)


def alpha_expanded(query, answers, alpha):
    """As `expanded`, but an answer counts by its cosine to the power of alpha; those of a cosine below 0 count for nothing.

    Source: Radenović et al. 2018 (arXiv:1711.02512), alpha QE.
    """
    cosines = answers @ query
    weights = np.where(cosines > 0, np.maximum(cosines, 0) ** alpha, 0)
    return unit(query + weights @ answers)
