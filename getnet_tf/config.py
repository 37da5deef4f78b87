"""What a run is made of: frozen settings, each with its default. Whole runs to begin with: `getnet_tf.presets`."""

import dataclasses
import math

from edge_demo.model.thetas import KINDS
from getnet_tf.backbones import BACKBONES
from getnet_tf.choices import (
    DECISIONS,
    DIGIT_VARIANTS,
    LEARNS,
    PRECISIONS,
    SAMPLED,
    SCHEDULES,
    SPLITS,
    STARTS,
    SUPERVISIONS,
)
from getnet_tf.heads import HEADS
from getnet_tf.localisers import LOCALISERS, localiser_of
from getnet_tf.typed import check_types

MOST_INT = 2**31 - 1  # libraries take no larger seeds, and nobody sees the end of more steps


def _one_of(name, value, choices):
    if value not in choices:
        expected = ", ".join(map(str, choices))
        raise ValueError(f"Invalid `{name}`. Expected one of {expected}. Received: {name}={value!r}.")


def _number(name, value, least, above=False):
    if not (math.isfinite(value) and (value > least if above else value >= least)):
        raise ValueError(
            f"Invalid `{name}`. Expected a number {'above' if above else '>='} {least}. Received: {name}={value}."
        )


def at_least(name, value, least):
    """Refuses a setting that is no int from `least` to `MOST_INT`, by a ValueError that names it."""
    if not isinstance(value, int) or value < least:
        raise ValueError(f"Invalid `{name}`. Expected an int >= {least}. Received: {name}={value!r}.")
    if value > MOST_INT:
        raise ValueError(f"Invalid `{name}`. Expected an int <= {MOST_INT}. Received: {name}={value!r:.40}.")


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """The network: where to look, and what is there."""

    image_hw: tuple[int, int] = (60, 60)  # (H, W) of the input image, pixels
    channels: int = 1  # 1 = grey, 3 = RGB
    localiser: str = "salient"  # or "guided", by the reference; "none" makes the plain Siamese network
    theta_kind: str = "box"  # see edge_demo.model.thetas
    crop_hw: tuple[int, int] = (28, 28)  # (h, w) of the target area the encoder sees, pixels
    backbone: str = "small-cnn"  # the encoder's layers
    head: str = ""  # how the encoder pools its map, see getnet_tf.heads; "": as suits the backbone
    weights: str = "imagenet"  # of a pretrained backbone; "random" trains all of it; or a file
    sampled: str = (
        "image"  # what the target area is cut from; "map": of a pretrained backbone, after its trunk
    )
    embedding_dim: int = 64  # E
    decision: str = "distance"  # "joined": the paper's joined vector and fully connected layer

    def __post_init__(self):
        object.__setattr__(self, "image_hw", tuple(self.image_hw))
        object.__setattr__(self, "crop_hw", tuple(self.crop_hw))
        _one_of("localiser", self.localiser, LOCALISERS)
        _one_of("theta_kind", self.theta_kind, KINDS)
        _one_of("backbone", self.backbone, BACKBONES)
        _one_of("sampled", self.sampled, SAMPLED)
        _one_of("decision", self.decision, DECISIONS)
        _one_of("channels", self.channels, (1, 3))
        backbone = BACKBONES[self.backbone]
        object.__setattr__(self, "head", self.head or backbone.head)
        _one_of("head", self.head, HEADS)
        if backbone.pretrained and self.channels != 3:
            raise ValueError(f"The backbone {self.backbone} takes RGB photos, not grey digits.")
        if backbone.pretrained and not HEADS[self.head].any_size:
            raise ValueError(
                f"The backbone {self.backbone} needs a head for maps of any size. Received: head={self.head!r}."
            )
        if not backbone.weights_file and self.weights not in ("imagenet", "random"):
            takers = " and ".join(name for name in BACKBONES if BACKBONES[name].weights_file)
            raise ValueError(
                f"Invalid `weights`. Expected imagenet or random, a file only for {takers}. Received: "
                f"weights={self.weights!r}, backbone={self.backbone!r}."
            )
        for name in ("image_hw", "crop_hw"):
            value = getattr(self, name)
            if len(value) != 2 or any(not isinstance(n, int) or n < 8 for n in value):
                raise ValueError(f"Invalid `{name}`. Expected two ints >= 8. Received: {name}={value}.")
        at_least("embedding_dim", self.embedding_dim, 2)
        localiser_of(self).check(self)

    @property
    def pretrained(self):
        """Whether the backbone begins with what it learned elsewhere, and keeps its statistics."""
        return BACKBONES[self.backbone].pretrained and self.weights != "random"

    @property
    def on_maps(self):
        """Whether the localiser sees the maps of a pretrained backbone instead of the image."""
        return localiser_of(self).on_maps

    @property
    def takes_reference(self):
        """Whether the localiser searches for what a reference shows."""
        return localiser_of(self).takes_reference

    @property
    def area_hw(self):
        """(h, w) of what the encoder describes, pixels: the target area, or the whole image without a localiser."""
        return localiser_of(self).area_hw(self)


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
    individuals: bool = False  # of photos: a folder holds one thing, not a kind
    backgrounds: str = ""  # a folder of pictures of any places, for composed scenes; "": pieces of the photos
    seed: int = 0  # splits the data

    def __post_init__(self):
        _one_of("variant", self.variant, DIGIT_VARIANTS)
        _one_of("split_by", self.split_by, SPLITS)
        if not 0.0 <= self.noise <= 1.0:
            raise ValueError(f"Invalid `noise`. Expected 0 to 1. Received: noise={self.noise}.")
        at_least("seed", self.seed, 0)


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """What every training is told; the two ways to learn add their own: `AlternationConfig` and `InTurnConfig`."""

    batch: int = 64  # pairs per step
    learning_rate: float = 4e-3  # peak; cosine decay to 1 % of it
    margin: float = 1.0  # of the contrastive loss, eq. 8; embeddings have length 1
    area_weight: float = 0.08  # of the scale prior, where pair labels alone say where to look
    log_every: int = 100  # steps between log lines and checkpoints
    precision: str = "float32"  # Keras dtype policy
    jit: bool = False  # compile the step with XLA
    seed: int = 0  # initial weights and order of the pairs

    def __post_init__(self):
        _one_of("precision", self.precision, PRECISIONS)
        for name in ("batch", "log_every"):
            at_least(name, getattr(self, name), 1)
        _number("learning_rate", self.learning_rate, 0, above=True)
        _number("margin", self.margin, 0, above=True)
        _number("area_weight", self.area_weight, 0)
        at_least("seed", self.seed, 0)


@dataclasses.dataclass(frozen=True)
class AlternationConfig(TrainConfig):
    """How a network learns whose weights are random at first: the transformer alone, then all of it, over and over.

    Source: GetNet III-D.
    """

    pairs: int = 120_000  # labelled pairs seen in all
    schedule: str = "alternate"  # or "end-to-end": always all of it
    transformer_steps: int = 10  # of each round: the transformer alone
    whole_steps: int = 40  # of each round: the whole network

    def __post_init__(self):
        super().__post_init__()
        _one_of("schedule", self.schedule, SCHEDULES)
        for name in ("pairs", "transformer_steps", "whole_steps"):
            at_least(name, getattr(self, name), 1)

    @property
    def steps(self):
        """Optimizer steps in all: `pairs` rounded down to whole log intervals, at least one."""
        return max(1, self.pairs // (self.batch * self.log_every)) * self.log_every


@dataclasses.dataclass(frozen=True)
class InTurnConfig(TrainConfig):
    """How a network on a pretrained backbone learns: first the Siamese part, then the transformer, each once.

    It has little to learn, and every step of it is slow on a CPU.
    """

    batch: int = 32
    learning_rate: float = 4e-4
    margin: float = 1.15
    area_weight: float = 0.02
    log_every: int = 50
    siamese_steps: int = 200  # of the Siamese part, which comes first
    learns: str = "top"  # of the encoder, in its phase: all above the trunk; "head": the last layer
    slack: float = 0.8  # distance up to which same pairs cost nothing
    keep_weight: float = 0.3  # of keeping to the embeddings that ImageNet taught
    copies: int = 4  # of each photo, the first unchanged
    locating_steps: int = 400  # of the transformer, after the Siamese part; 0 without a localiser
    locating_rate: float = 2e-3  # peak learning rate of the transformer
    supervision: str = (
        "pairs+synthetic"  # of the transformer: boxes of composed scenes; "pairs": 0/1 labels alone
    )
    scenes: int = 1000  # composed for the transformer
    start: str = "shipped"  # of a guided localiser: the one that the package brings, where it fits; "scratch"

    def __post_init__(self):
        super().__post_init__()
        at_least("batch", self.batch, 2)  # the least that has pairs of both labels
        _one_of("learns", self.learns, LEARNS)
        _one_of("start", self.start, STARTS)
        _one_of("supervision", self.supervision, SUPERVISIONS)
        for name in ("scenes", "copies"):
            at_least(name, getattr(self, name), 1)
        for name in ("siamese_steps", "locating_steps"):
            at_least(name, getattr(self, name), 0)
            if getattr(self, name) % self.log_every:
                raise ValueError(
                    f"Invalid `{name}`. Expected a multiple of log_every={self.log_every}. Received: "
                    f"{name}={getattr(self, name)}."
                )
        _number("locating_rate", self.locating_rate, 0, above=True)
        _number("slack", self.slack, 0)
        _number("keep_weight", self.keep_weight, 0)

    @property
    def steps(self):
        """Optimizer steps of both phases."""
        return self.siamese_steps + self.locating_steps


def train_config_of(model):
    """The class of settings that a `ModelConfig` is trained by: `InTurnConfig` where the backbone knows ImageNet."""
    return InTurnConfig if model.pretrained else AlternationConfig


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """Everything a run is a function of; saved inside its checkpoint."""

    model: ModelConfig = ModelConfig()
    data: DataConfig = DataConfig()
    train: TrainConfig = AlternationConfig()  # of the class that `train_config_of` says

    def __post_init__(self):
        expected = train_config_of(self.model)
        if not isinstance(self.train, expected):
            raise ValueError(
                f"Expected {expected.__name__} for the backbone {self.model.backbone} of weights {self.model.weights!r}. "
                f"Received: {type(self.train).__name__}."
            )
        in_turn = expected is InTurnConfig
        if not in_turn and self.model.takes_reference:
            raise ValueError(
                f"A guided localiser learns on the maps of a pretrained backbone. Received: weights={self.model.weights!r}."
            )
        if in_turn and self.model.decision != "distance":
            raise ValueError(
                f"A pretrained backbone decides by distance. Received: decision={self.model.decision!r}."
            )
        if in_turn and self.model.localiser == "none" and self.train.locating_steps:
            raise ValueError(
                f"Without a localiser nothing learns to locate. Expected locating_steps=0. Received: "
                f"locating_steps={self.train.locating_steps}."
            )

    def to_json(self):
        """The settings as nested plain dicts."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, settings):
        """The inverse of `to_json`. Raises ValueError for a setting that this version does not know.

        Files of earlier times are read as what they mean. One class once held the settings of both ways to learn: those of
        the other way, which nothing read, are left out. A head was once part of a backbone's name, and copies were views.
        """
        try:
            fields = {**settings["model"]}
            if fields.get("backbone") == "small-cnn-pooled":
                fields |= {"backbone": "small-cnn", "head": "average"}
            check_types(ModelConfig, fields)
            check_types(DataConfig, settings["data"])
            model, data = ModelConfig(**fields), DataConfig(**settings["data"])
            learns = train_config_of(model)
            other = AlternationConfig if learns is InTurnConfig else InTurnConfig
            unread = {field.name for field in dataclasses.fields(other)}
            unread -= {field.name for field in dataclasses.fields(learns)}
            given = {
                "copies" if name == "views" else name: value for name, value in settings["train"].items()
            }
            train = {name: value for name, value in given.items() if name not in unread}
            check_types(learns, train)
            return cls(model, data, learns(**train))
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(
                f"Settings of another version of getnet_tf: {error}. Train the model again."
            ) from error
