"""What every training on cached maps of a folder's pictures is made of: frozen settings, each with its default."""

import dataclasses
import pathlib

from getnet_tf.config import at_least
from getnet_tf.typed import check_types

PRECISION = "float32"


@dataclasses.dataclass(frozen=True)
class MapConfig:
    """A training: what it learns from, and how. Subclasses add their own settings, and `steps`."""

    source: str  # folder with pictures, at any depth
    image_hw: tuple[int, int] = (240, 240)  # (H, W) of every picture, pixels; a square, a multiple of 16
    weights: str = "imagenet"  # of the backbone, which stays as it is; "random" is for tests alone
    pictures: int = 6000  # read at most, evenly out of all
    batch: int = 32  # examples per step
    learning_rate: float = 1e-3  # peak, cosine decay
    log_every: int = 100  # steps between log lines and states to resume from
    seed: int = 0  # of what is drawn, and of initial weights

    of = "a training on cached maps"  # what they are settings of, in messages
    # What a `PhaseTrainer` asks of its settings beside these.
    precision = PRECISION
    jit = False
    # Of whole numbers, the least that they may be; and those that end with a log line.
    LEAST = {"pictures": 20, "batch": 4, "log_every": 1, "seed": 0}  # noqa: RUF012
    WHOLE_INTERVALS = ()

    def __post_init__(self):
        object.__setattr__(self, "image_hw", tuple(self.image_hw))
        height, width = self.image_hw
        if height != width or height < 32 or height % 16:
            raise ValueError(
                f"Invalid `image_hw`. Expected a square, its side a multiple of 16 from 32 on. Received: "
                f"image_hw={self.image_hw}."
            )
        if self.weights not in ("imagenet", "random"):
            raise ValueError(
                f"Invalid `weights`. Expected imagenet or random. Received: weights={self.weights!r}."
            )
        for name, number in self.LEAST.items():
            at_least(name, getattr(self, name), number)
        if not 0 < self.learning_rate < 1:
            raise ValueError(
                f"Invalid `learning_rate`. Expected a number from 0 to 1. Received: "
                f"learning_rate={self.learning_rate}."
            )
        for name in self.WHOLE_INTERVALS:
            if getattr(self, name) % self.log_every:
                raise ValueError(
                    f"Invalid `{name}`. Expected a multiple of log_every={self.log_every}. Received: "
                    f"{name}={getattr(self, name)}."
                )

    def to_json(self):
        """As a plain dict, with the absolute path of the source."""
        return {**dataclasses.asdict(self), "source": str(pathlib.Path(self.source).absolute())}

    @classmethod
    def from_json(cls, fields):
        """The inverse of `to_json`. Raises ValueError for fields that are not its own."""
        try:
            check_types(cls, fields)
            return cls(**fields)
        except TypeError as error:
            raise ValueError(f"Expected the settings of {cls.of}: {error}") from error


@dataclasses.dataclass(frozen=True)
class ViewsConfig(MapConfig):
    """A training on warped and composed pictures, that nobody has labelled."""

    affine_views: int = 4  # of each picture, one of them not warped
    finds: int = 1600  # composed: a reference in all turns, and areas that show it

    LEAST = {**MapConfig.LEAST, "affine_views": 2, "finds": 20}  # noqa: RUF012
