"""Whitening: what varies together is turned apart and made to vary alike, so that frequent patterns stop drowning rare ones.

    x -> unit(P (unit(x) - mean))

A learned one, shift and dense as of Gordo et al. 2016 (arXiv:1604.01325), has the same form and the same file.

Source: Jegou and Chum 2012, "Negative evidences and co-occurrences in image retrieval"; PCA of scikit-learn.
"""

import dataclasses
import hashlib
import zipfile

import numpy as np

from getnet_tf.errors import InputError
from getnet_tf.retrieval.unit import unit

DIM = 512  # numbers of a whitened code
KEPT = 0.02  # of the mean variance, added to each: directions that hardly vary are noise, and would be drawn out most
FIELDS = ("mean", "projection")


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

    @property
    def fingerprint(self):
        """Hex digits by which two of them are told apart."""
        return hashlib.sha256(self.mean.tobytes() + self.projection.tobytes()).hexdigest()

    def save(self, path):
        """Writes it as an `.npz`."""
        with open(path, "wb") as file:
            np.savez(file, mean=self.mean, projection=self.projection)

    @classmethod
    def load(cls, path):
        """Reads what `save` wrote. Raises InputError if that is not it."""
        try:
            with np.load(path) as arrays:
                whitening = cls(*(arrays[name].astype(np.float32) for name in FIELDS))
        except FileNotFoundError:
            raise InputError(f"{path}: expected a whitening, found no such file. Check the path.") from None
        except (KeyError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
            raise InputError(
                f"{path}: expected a whitening that this program wrote, received: {error}."
            ) from None
        if whitening.mean.shape != whitening.projection.shape[:1] or whitening.projection.ndim != 2:
            raise InputError(
                f"{path}: expected a mean (K,) and a projection (K, D), received {whitening.mean.shape} and "
                f"{whitening.projection.shape}."
            )
        return whitening


def fitted(vectors, dim=DIM, kept=KEPT):
    """The whitening of vectors by their principal components.

    Args:
        vectors: (N, K) float, each of length 1.
        dim: D; as many as there are vectors and numbers, where these are fewer.
        kept: share of the mean variance that is added to every component's; 0: none, as the papers have it.

    Raises:
        ValueError: if there are fewer than two vectors.
    """
    if len(vectors) < 2:
        raise ValueError(f"Invalid `vectors`. Expected two or more. Received: {len(vectors)}.")
    # Imported late: who only uses a whitening needs no scikit-learn.
    from sklearn.decomposition import PCA

    pca = PCA(min(dim, *vectors.shape), svd_solver="covariance_eigh").fit(np.asarray(vectors, np.float64))
    variance = pca.explained_variance_ + kept * pca.explained_variance_.mean()
    projection = pca.components_.T / np.sqrt(np.maximum(variance, 1e-12))
    return Whitening(pca.mean_.astype(np.float32), projection.astype(np.float32))


def joined(parts, whitening=None):
    """The code of a head's parts: each at length 1, whitened, at length 1 again; their sum at length 1.

    Args:
        parts: (B, R, K) float.
        whitening: `Whitening`, or None for none.

    Returns:
        (B, D) float32, each of length 1.
    """
    parts = unit(np.asarray(parts, np.float32))
    return unit((parts if whitening is None else whitening(parts)).sum(axis=1))
