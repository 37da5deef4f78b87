"""How maps become codes: a head, what it has learned, and a whitening; kept in one file, or in a model's."""

import dataclasses
import hashlib
import io

import numpy as np

from edge_demo.own_file import arrays_of
from edge_demo.plain_file import read_plain
from getnet_tf.errors import InputError
from getnet_tf.retrieval.heads import LEARNED
from getnet_tf.retrieval.unit import unit
from getnet_tf.retrieval.whitening import Whitening

HEAD = "rmac"  # where nobody says otherwise: the best of them on pictures to choose by
ADVICE = "Make one with: python -m getnet_tf.retrieval.whiten"


@dataclasses.dataclass(frozen=True, eq=False)
class Recipe:
    """A function: maps (B, h, w, K), none below 0 -> codes (B, D) float32, each of length 1.

    Args:
        head: a key of `heads.LEARNED`.
        weights: what the head's function takes beside maps, by name: of GeM "power", of NetVLAD all that it has; {} for its defaults.
        whitening: `Whitening` of the head's parts, or None.
    """

    head: str = HEAD
    weights: dict = dataclasses.field(default_factory=dict)
    whitening: Whitening | None = None

    def __call__(self, maps):
        return joined(self.parts(maps), self.whitening)

    def parts(self, maps):
        """What the head makes of maps: (B, R, K')."""
        return LEARNED[self.head](np.asarray(maps, np.float32), **self.weights)

    def dim(self, channels):
        """D, for maps of so many channels. Raises InputError if the recipe is for others."""
        centres = self.weights.get("centres", np.zeros((1, channels)))
        of_head = centres.size  # the other heads have a number for each channel
        if centres.shape[1] != channels or (self.whitening and len(self.whitening.mean) != of_head):
            known = len(self.whitening.mean) if self.whitening else centres.shape[1]
            raise InputError(
                f"The whitening is of codes of {known} numbers, the model makes {channels}. Fit one on this model's codes."
            )
        return of_head if self.whitening is None else self.whitening.projection.shape[1]

    @property
    def fingerprint(self):
        """Hex digits by which two of them are told apart."""
        found = hashlib.sha256(self.head.encode())
        for name, array in sorted(self._arrays().items()):
            found.update(name.encode() + np.ascontiguousarray(array).tobytes())
        return found.hexdigest()

    def to_bytes(self):
        """As the content of an `.npz`."""
        file = io.BytesIO()
        np.savez(file, head=self.head, **self._arrays())
        return file.getvalue()

    @classmethod
    def from_bytes(cls, content, path):
        """The inverse of `to_bytes`. `path` is where they come from. Raises InputError if they are something else."""
        try:
            arrays = arrays_of(io.BytesIO(content))
            head = str(arrays.pop("head"))
        except (KeyError, ValueError) as error:
            raise InputError(f"{path}: expected a whitening of codes, received: {error}. {ADVICE}") from None
        if head not in LEARNED:
            raise InputError(f"{path}: expected a head of {', '.join(LEARNED)}, received {head}. {ADVICE}")
        mean, projection = (arrays.pop(name, np.zeros(())) for name in ("mean", "projection"))
        if projection.ndim != 2 or mean.shape != projection.shape[:1]:
            raise InputError(
                f"{path}: expected a mean (K,) and a projection (K, D), received {mean.shape} and {projection.shape}. {ADVICE}"
            )
        return cls(head, arrays, Whitening(mean.astype(np.float32), projection.astype(np.float32)))

    @classmethod
    def load(cls, path):
        """Reads what `to_bytes` gave from a file. Raises InputError if that is not it."""
        try:
            return cls.from_bytes(read_plain(path), path)
        except FileNotFoundError:
            raise InputError(f"{path}: expected a whitening, found no such file. {ADVICE}") from None

    def _arrays(self):
        whitening = {} if self.whitening is None else dataclasses.asdict(self.whitening)
        return {name: np.asarray(array) for name, array in (self.weights | whitening).items()}


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
