"""Does a file make the codes that its network makes? The same pictures through both, by every head."""

import dataclasses

import numpy as np

from getnet_tf.retrieval.heads import HEADS
from getnet_tf.retrieval.recipe import joined

FLOAT_COSINE = 0.9999  # where a file is in float the two compute the same, by every head
INT8_COSINE = 0.97  # 8 bits, the mean over pictures, of the head that suffers most
# How much further from float the file may be than its emulation, as of `parity.stays_as_close`.
RATIO, ROOM = 1.5, 0.005


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How a file agrees with its network on the codes of pictures."""

    pictures: int
    cosines: dict  # head -> mean over pictures

    @property
    def cosine(self):
        """Of the head that agrees least."""
        return min(self.cosines.values())

    def __str__(self):
        said = ", ".join(f"{name} {cosine:.5f}" for name, cosine in self.cosines.items())
        return f"cosine of codes: {said}; {self.pictures} pictures"


def found_by(code, images):
    """What is made of pictures.

    Args:
        code: function (1, H, W, 3) float32, RGB in [0, 1] -> dict of a head's parts by its name, as `FileMaps.code`.
        images: iterable of such pictures.

    Returns:
        dict: head -> (N, K) float32, codes of length 1.
    """
    every = [code(image) for image in images]
    return {name: joined(np.concatenate([one[name] for one in every])) for name in HEADS}


def agreement(found0, found1):
    """Compares two results of `found_by`."""
    cosines = {name: (found0[name] * found1[name]).sum(axis=-1) for name in HEADS}
    count = len(next(iter(cosines.values())))
    return Agreement(count, {name: float(values.mean()) for name, values in cosines.items()})


def refusal(file, fake=None):
    """Why a file must not be written, or None.

    Args:
        file: `Agreement` of the file with the network in float.
        fake: that of its emulation, of a file in 8 bits.
    """
    least = FLOAT_COSINE if fake is None else INT8_COSINE
    if not file.cosine >= least:
        return f"expected a cosine of codes of at least {least} by every head, received {file}"
    if fake is not None and 1 - file.cosine > RATIO * (1 - fake.cosine) + ROOM:
        return (
            f"it is further from float than its emulation: cosine of codes {fake.cosine:.4f} there, {file.cosine:.4f} here "
            f"(the head that agrees least)"
        )
    return None
