"""The centres that cells are counted round: k-means of the cells of many pictures."""

import numpy as np


def codebook(cells, count, seed=0):
    """Centres (C, K) float32 of cells (N, K) float. Raises ValueError if there are fewer cells than centres."""
    if len(cells) < count:
        raise ValueError(f"Invalid `cells`. Expected {count} or more. Received: {len(cells)}.")
    # Imported late: who only uses a codebook needs no scikit-learn.
    from sklearn.cluster import KMeans

    found = KMeans(count, random_state=seed, n_init=1).fit(np.asarray(cells, np.float32))
    return found.cluster_centers_.astype(np.float32)
