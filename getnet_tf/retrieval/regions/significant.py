"""One code of the regions that stand out, fused with that of the whole."""

import numpy as np

from getnet_tf.retrieval.unit import unit

COUNT = 5  # regions


def significant(regions, scores, count=COUNT):
    """F'_k = sum over the best regions i of C_ik; F = F' / sum of F'.

    Args:
        regions: (R, K) float, codes of regions before any whitening, none below 0.
        scores: (R,) float, how much each stands out.
        count: of the best that are taken.

    Returns:
        (K,) float32, which sums to 1; zeros where there is nothing.

    Source: Xu et al. 2019, "Significant region" fusion, as the seeds of this project tell it.
    """
    best = np.argsort(-np.asarray(scores), kind="stable")[:count]
    total = np.asarray(regions, np.float32)[best].sum(axis=0)
    return total / max(total.sum(), 1e-12)


def fused(whole, regions, whitening=None):
    """The code of the whole and that of its significant regions: length 1 each, joined, PCA, length 1.

    Args:
        whole, regions: (B, K) float each.
        whitening: `Whitening` of the joined ones, (2 K,) -> (D,); None for none.

    Returns:
        (B, D) float32, of length 1.
    """
    both = unit(np.concatenate([unit(whole), unit(regions)], axis=-1))
    return both if whitening is None else whitening(both)
