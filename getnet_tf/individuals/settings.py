"""What a training of a describer is made of: frozen settings, each with its default, and presets."""

import dataclasses
import pathlib

from getnet_tf.training.on_maps.config import ViewsConfig


@dataclasses.dataclass(frozen=True)
class CellsConfig(ViewsConfig):
    """A training: what it learns from, and how."""

    things: str | None = None  # folder with scans of things; None: photos are all there is
    pictures: int = 1500
    affine_views: int = 3
    finds: int = 300
    triples: int = 1600  # rendered: a thing, another view of it, and its look-alike
    dim: int = 64  # numbers that describe a cell
    temperature: float = 0.07  # of the contrast: below, the likeliest mistakes count more
    steps: int = 2000
    batch: int = 24
    learning_rate: float = 2e-3

    of = "a training of cells"
    WHOLE_INTERVALS = ("steps",)
    LEAST = {**ViewsConfig.LEAST, "triples": 8, "dim": 1, "steps": 1}  # noqa: RUF012

    def __post_init__(self):
        super().__post_init__()
        if not 0.001 <= self.temperature <= 10:
            raise ValueError(
                f"Invalid `temperature`. Expected a number from 0.001 to 10. Received: temperature={self.temperature}."
            )
        if self.things is not None:
            object.__setattr__(self, "things", str(pathlib.Path(self.things).absolute()))


def full(source, **given):
    """`python -m getnet_tf.individuals.train --data FOLDER --things FOLDER --out RUN`."""
    return CellsConfig(str(pathlib.Path(source).absolute()), **given)


def quick(source, **given):
    """`--preset quick`: seconds, to see that everything works."""
    few = {"pictures": 24, "affine_views": 2, "finds": 20, "triples": 16, "steps": 4}
    return full(source, **{**few, "image_hw": (96, 96), "batch": 4, "log_every": 2, **given})
