"""Every code of a set learns from its neighbours, once, before anybody asks."""

import numpy as np

from getnet_tf.retrieval.ranking.query_expansion import alpha_expanded

BLOCK = 1024  # codes that are compared with all at a time


def augmented(codes, count, alpha=0.0):
    """Database-side augmentation: each code is expanded by its nearest, as a query is by its answers.

    Args:
        codes: (N, D) float of length 1.
        count: nearest others that each learns from; all of them, if they are fewer.
        alpha: of `alpha_expanded`.

    Returns:
        (N, D) of length 1.

    Source: Arandjelović and Zisserman 2012; weights as alpha QE has them.
    """
    count = min(count, len(codes) - 1)
    results = np.empty_like(codes)
    for start in range(0, len(codes), BLOCK):
        cosines = codes[start : start + BLOCK] @ codes.T
        cosines[np.arange(len(cosines)), start + np.arange(len(cosines))] = -np.inf  # oneself
        nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
        for number, own in enumerate(nearest, start):
            results[number] = alpha_expanded(codes[number], codes[own], alpha)
    return results
