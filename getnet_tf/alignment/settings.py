"""What a training of an aligner is made of: frozen settings, each with its default, and presets."""

import dataclasses
import pathlib

PRECISION = "float32"


@dataclasses.dataclass(frozen=True)
class AlignConfig:
    """A training: what it learns from, and for how long."""

    source: str  # folder with pictures, at any depth
    image_hw: tuple[int, int] = (240, 240)  # (H, W) of both pictures, pixels; a square, a multiple of 16
    weights: str = "imagenet"  # of the backbone, which stays as it is; "random" is for tests alone
    pictures: int = 6000  # read at most, evenly out of all
    affine_views: int = 4  # of each picture, one of them not warped
    spline_views: int = 3  # of each picture
    finds: int = 1600  # composed: a reference in all turns, and areas that show it
    affine_steps: int = 6000  # of the affine regressor, first
    spline_steps: int = 4000  # of the spline's, then
    batch: int = 32  # pairs per step
    learning_rate: float = 1e-3  # peak, cosine decay
    log_every: int = 100  # steps between log lines and states to resume from
    seed: int = 0  # of pictures, pairs and initial weights

    # What a `PhaseTrainer` asks of its settings beside these.
    precision = PRECISION
    jit = False

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
        least = {
            "pictures": 20,
            "affine_views": 2,
            "spline_views": 1,
            "finds": 20,
            "batch": 4,
            "log_every": 1,
        }
        for name, number in {**least, "affine_steps": 1, "spline_steps": 1, "seed": 0}.items():
            if not isinstance(getattr(self, name), int) or getattr(self, name) < number:
                raise ValueError(
                    f"Invalid `{name}`. Expected an int >= {number}. Received: {name}={getattr(self, name)!r}."
                )
        if not 0 < self.learning_rate < 1:
            raise ValueError(
                f"Invalid `learning_rate`. Expected a number from 0 to 1. Received: "
                f"learning_rate={self.learning_rate}."
            )
        for name in ("affine_steps", "spline_steps"):
            if getattr(self, name) % self.log_every:
                raise ValueError(
                    f"Invalid `{name}`. Expected a multiple of log_every={self.log_every}. Received: "
                    f"{name}={getattr(self, name)}."
                )

    @property
    def steps(self):
        """Of both phases."""
        return self.affine_steps + self.spline_steps

    def to_json(self):
        """As a plain dict, with the absolute path of the source."""
        return {**dataclasses.asdict(self), "source": str(pathlib.Path(self.source).absolute())}

    @classmethod
    def from_json(cls, fields):
        """The inverse of `to_json`. Raises ValueError for fields that are not its own."""
        try:
            return cls(**fields)
        except TypeError as error:
            raise ValueError(f"Expected the settings of an alignment training: {error}") from error


def full(source, **given):
    """`python -m getnet_tf.alignment.train --data FOLDER --out RUN`."""
    return AlignConfig(str(pathlib.Path(source).absolute()), **given)


def quick(source, **given):
    """`--preset quick`: seconds, to see that everything works."""
    few = {
        "pictures": 24,
        "affine_views": 2,
        "spline_views": 1,
        "finds": 20,
        "affine_steps": 4,
        "spline_steps": 4,
    }
    return full(source, **{**few, "image_hw": (64, 64), "batch": 4, "log_every": 2, **given})
