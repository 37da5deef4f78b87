"""What a training of codes is made of: frozen settings, each with its default, and presets."""

import dataclasses
import pathlib

from getnet_tf.retrieval.heads import LEARNED
from getnet_tf.retrieval.whitening import DIM
from getnet_tf.training.on_maps.config import MapConfig

LOSS_NAMES = ("contrastive", "triplet", "coupled-clusters", "weak-triplet")  # keys of `losses.LOSSES`


@dataclasses.dataclass(frozen=True)
class CodeConfig(MapConfig):
    """A training: what it learns from, and how."""

    image_hw: tuple[int, int] = (320, 320)
    head: str = "gem"  # whose power is learned, too
    centres: int = 8  # of NetVLAD
    dim: int = DIM  # numbers of a code
    power: float = 0.5  # of the whitening that it begins with, see `whitening.fitted`
    loss: str = "triplet"
    each: int = 4  # pictures of a kind in a batch
    steps: int = 400  # 0: the principal components alone
    batch: int = 64

    of = "a training of codes"
    WHOLE_INTERVALS = ("steps",)
    LEAST = {**MapConfig.LEAST, "centres": 1, "dim": 1, "each": 2, "steps": 0}  # noqa: RUF012

    def __post_init__(self):
        super().__post_init__()
        for name, known in (("head", tuple(LEARNED)), ("loss", LOSS_NAMES)):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"Invalid `{name}`. Expected one of {', '.join(known)}. Received: {getattr(self, name)}."
                )
        if not 0 <= self.power <= 1:
            raise ValueError(f"Invalid `power`. Expected a number from 0 to 1. Received: power={self.power}.")
        if self.batch < 2 * self.each:
            raise ValueError(
                f"Invalid `batch`. Expected two kinds of each={self.each} or more. Received: batch={self.batch}."
            )


def full(source, **given):
    """`python -m getnet_tf.retrieval.train --data FOLDER --out RUN`."""
    return CodeConfig(str(pathlib.Path(source).absolute()), **given)


def quick(source, **given):
    """`--preset quick`: seconds, to see that everything works."""
    few = {"pictures": 48, "image_hw": (64, 64), "dim": 16, "centres": 2, "steps": 4}
    return full(source, **{**few, "batch": 8, "log_every": 2, **given})
