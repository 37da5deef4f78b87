"""Whitening: what varies together is turned apart and made to vary alike, so that frequent patterns stop drowning rare ones.

    x -> unit(P (unit(x) - mean))

A learned one, shift and dense as of Gordo et al. 2016 (arXiv:1604.01325), has the same form.

Source: Jegou and Chum 2012, "Negative evidences and co-occurrences in image retrieval"; PCA of scikit-learn.
"""

import dataclasses

import numpy as np

from getnet_tf.retrieval.unit import LEAST, unit

DIM = 128  # numbers of a whitened code
# Of the standard deviation, that a direction is divided by. The papers have 1 and thousands of pictures of one building; of kinds of
# things that hurts, as the directions that vary most are the kinds.
POWER = 0.5
MOST_SQUARE = 3000  # numbers of a vector, whose covariance is still taken apart exactly


@dataclasses.dataclass(frozen=True, eq=False)
class Whitening:
    """A shift and a projection.

    Args:
        mean: (K,) float32.
        projection: (K, D) float32.
    """

    mean: np.ndarray
    projection: np.ndarray

    def __call__(self, vectors):
        """Vectors (..., K), each of length 1 -> (..., D) float32, each of length 1."""
        return unit((vectors - self.mean) @ self.projection)


def fitted(vectors, dim=DIM, power=POWER):
    """The whitening of vectors by their principal components.

    Args:
        vectors: (N, K) float, each of length 1.
        dim: D; as many as there are vectors and numbers, where these are fewer.
        power: of the standard deviation, that each direction is divided by: 0 for PCA alone, 1 for whitening.

    Raises:
        ValueError: if there are fewer than two vectors.
    """
    if len(vectors) < 2:
        raise ValueError(f"Invalid `vectors`. Expected two or more. Received: {len(vectors)}.")
    # Imported late: who only uses a whitening needs no scikit-learn.
    from sklearn.decomposition import PCA

    solver = "covariance_eigh" if vectors.shape[1] <= MOST_SQUARE else "randomized"
    pca = PCA(min(dim, *vectors.shape), svd_solver=solver, random_state=0).fit(
        np.asarray(vectors, np.float64)
    )
    projection = pca.components_.T / np.maximum(pca.explained_variance_, LEAST) ** (power / 2)
    return Whitening(pca.mean_.astype(np.float32), projection.astype(np.float32))
