"""What a run is made of: frozen settings, and the only home of their defaults."""

import dataclasses
import math

from getnet_tf.choices import (
    BACKBONES,
    DECISIONS,
    LOCALISERS,
    PRECISIONS,
    PRETRAINED,
    SCHEDULES,
    SPLITS,
    THETA_KINDS,
    VARIANTS,
)


def _one_of(name, value, choices):
    if value not in choices:
        expected = ", ".join(map(str, choices))
        raise ValueError(f"Invalid `{name}`. Expected one of {expected}. Received: {name}={value!r}.")


def _number(name, value, least, above=False):
    if not (math.isfinite(value) and (value > least if above else value >= least)):
        raise ValueError(
            f"Invalid `{name}`. Expected a number {'above' if above else '>='} {least}. Received: {name}={value}."
        )


def _at_least(name, value, least):
    if not isinstance(value, int) or value < least:
        raise ValueError(f"Invalid `{name}`. Expected an int >= {least}. Received: {name}={value!r}.")


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """The network: where to look, and what is there."""

    image_hw: tuple[int, int] = (60, 60)  # (H, W) of the input image, pixels
    channels: int = 1  # 1 = grey, 3 = RGB
    localiser: str = "salient"  # "none" makes the plain Siamese network
    theta_kind: str = "box"  # see getnet_tf.geometry
    crop_hw: tuple[int, int] = (28, 28)  # (h, w) of the target area the encoder sees, pixels
    backbone: str = "small-cnn"  # the encoder's layers
    weights: str = "imagenet"  # of a pretrained backbone; "random" trains all of it; or a file
    embedding_dim: int = 64  # E
    decision: str = "distance"  # "joined": the paper's joined vector and fully connected layer

    def __post_init__(self):
        object.__setattr__(self, "image_hw", tuple(self.image_hw))
        object.__setattr__(self, "crop_hw", tuple(self.crop_hw))
        _one_of("localiser", self.localiser, LOCALISERS)
        _one_of("theta_kind", self.theta_kind, THETA_KINDS)
        _one_of("backbone", self.backbone, BACKBONES)
        _one_of("decision", self.decision, DECISIONS)
        _one_of("channels", self.channels, (1, 3))
        if self.backbone in PRETRAINED and self.channels != 3:
            raise ValueError(f"The backbone {self.backbone} takes RGB photos, not grey digits.")
        if self.backbone != "mobilenet-v2" and self.weights not in ("imagenet", "random"):
            raise ValueError(
                f"Invalid `weights`. Expected imagenet or random, a file only for mobilenet-v2. Received: "
                f"weights={self.weights!r}, backbone={self.backbone!r}."
            )
        for name in ("image_hw", "crop_hw"):
            value = getattr(self, name)
            if len(value) != 2 or any(not isinstance(n, int) or n < 8 for n in value):
                raise ValueError(f"Invalid `{name}`. Expected two ints >= 8. Received: {name}={value}.")
        _at_least("embedding_dim", self.embedding_dim, 2)


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """The pictures and how they become pairs."""

    # "digits" (embedded), "mnist" (TFDS), an .npz like Keras's mnist.npz; photos: a folder, "tfds:NAME", or a .csv of pairs
    source: str = "digits"
    variant: str = "noise"  # "noise", "cluttered" or "scaled"
    noise: float = (
        0.3  # uniform background noise reaches this grey level (1 = white); not used by "cluttered"
    )
    augment: bool = True  # training pictures are varied a little
    split_by: str = "image"  # of photos: "class" keeps whole classes for validation and test
    seed: int = 0  # splits the data

    def __post_init__(self):
        _one_of("variant", self.variant, VARIANTS)
        _one_of("split_by", self.split_by, SPLITS)
        if not 0.0 <= self.noise <= 1.0:
            raise ValueError(f"Invalid `noise`. Expected 0 to 1. Received: noise={self.noise}.")
        _at_least("seed", self.seed, 0)


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """How the network learns (III-D)."""

    pairs: int = 120_000  # labelled pairs seen in all
    batch: int = 64  # pairs per step
    learning_rate: float = 4e-3  # peak; cosine decay to 1 % of it
    margin: float = 1.0  # of the contrastive loss, eq. 8; embeddings have length 1
    schedule: str = "alternate"  # "alternate" (III-D) or "end-to-end"
    transformer_steps: int = 10  # of each round of the alternation: the transformer alone
    whole_steps: int = 40  # of each round of the alternation: the whole network
    area_weight: float = 0.08  # of the scale prior, at the peak of the learning rate; it falls with it
    log_every: int = 100  # steps between log lines and checkpoints
    precision: str = "float32"  # Keras dtype policy
    jit: bool = False  # compile the step with XLA
    seed: int = 0  # initial weights and order of the pairs

    def __post_init__(self):
        _one_of("schedule", self.schedule, SCHEDULES)
        _one_of("precision", self.precision, PRECISIONS)
        for name in ("pairs", "batch", "log_every", "transformer_steps", "whole_steps"):
            _at_least(name, getattr(self, name), 1)
        _number("learning_rate", self.learning_rate, 0, above=True)
        _number("margin", self.margin, 0, above=True)
        _number("area_weight", self.area_weight, 0)
        _at_least("seed", self.seed, 0)

    @property
    def steps(self):
        """Optimizer steps in all: `pairs` rounded down to whole log intervals, at least one."""
        return max(1, self.pairs // (self.batch * self.log_every)) * self.log_every


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """Everything a run is a function of; saved inside its checkpoint."""

    model: ModelConfig = ModelConfig()
    data: DataConfig = DataConfig()
    train: TrainConfig = TrainConfig()

    def to_json(self):
        """The settings as nested plain dicts."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, settings):
        """The inverse of `to_json`. Raises ValueError for a setting that this version does not know."""
        try:
            return cls(
                ModelConfig(**settings["model"]),
                DataConfig(**settings["data"]),
                TrainConfig(**settings["train"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"Settings of another version of getnet_tf: {error}. Train the model again."
            ) from error
