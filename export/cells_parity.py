"""Does a describer's file compute what was trained? The same frames through both, on the camera program's own path."""

import dataclasses

import numpy as np

from edge_demo.model.layout.cells import field_of
from edge_demo.model.layout.layout import CANVASES

FLOAT_COSINE = 0.9999  # where a file is in float the two compute the same, in every cell
# 8 bits: twice as far off as a trained describer, which has 0.990 and 0.971. Two cells that are each off by a cosine of c are alike by
# c squared of what they were: at the limit an exact match has 0.96 in place of 1.
INT8_COSINE, INT8_COSINE_P5 = 0.98, 0.94
# How much further from float the file may be than its emulation, as of `parity.stays_as_close`.
RATIO, ROOM = 1.5, 0.005


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How a file agrees with its network on the cells of frames."""

    frames: int
    cosine: float  # mean over cells
    cosine_p5: float  # 5th percentile of cells

    def __str__(self):
        return f"cosine of cells {self.cosine:.5f} (p5 {self.cosine_p5:.5f}), {self.frames} frames"


def found_by(see, frames):
    """What the search sees of frames.

    Args:
        see: `edge_demo.model.layout.cells.See`: a `CellReader` of a file, or `Twin` of a network.
        frames: iterable of (H, W, 3) uint8, BGR.

    Returns:
        list of (n, D) float32, the cells of a frame at all sizes that it is seen in, each of length 1.
    """
    return [
        np.concatenate([_flat(field_of(frame, count, see).cells) for count in CANVASES]) for frame in frames
    ]


def agreement(found0, found1):
    """Compares two results of `found_by`."""
    cosines = np.concatenate([np.sum(a * b, axis=-1) for a, b in zip(found0, found1, strict=True)])
    return Agreement(len(found0), float(cosines.mean()), float(np.percentile(cosines, 5)))


def _flat(cells):
    return cells.reshape(-1, cells.shape[-1])


def refusal(file, fake=None):
    """Why a file must not be written, or None.

    Args:
        file: `Agreement` of the file with the network in float.
        fake: that of its emulation, of a file in 8 bits.
    """
    mean, p5 = (FLOAT_COSINE, FLOAT_COSINE) if fake is None else (INT8_COSINE, INT8_COSINE_P5)
    for what, cosine, least in (("mean", file.cosine, mean), ("5th percentile", file.cosine_p5, p5)):
        if not cosine >= least:
            return f"expected a cosine of cells of at least {least} ({what}), received {cosine:.4f}"
    if fake is not None and 1 - file.cosine > RATIO * (1 - fake.cosine) + ROOM:
        return (
            f"it is further from float than its emulation: cosine of cells {fake.cosine:.4f} there, {file.cosine:.4f} here "
            f"(means)"
        )
    return None
