"""What a training of a teller is made of: frozen settings, each with its default, and presets."""

import dataclasses
import pathlib

from edge_demo.model.layout.cells import CANVAS_PX
from getnet_tf.training.on_maps.config import MapConfig

MOST_COPIES = 8  # a square can lie in so many ways


@dataclasses.dataclass(frozen=True)
class TellingConfig(MapConfig):
    """A training: what it learns from, and how."""

    watched: str | None = None  # folder with trials to watch; None: every eighth of the others
    image_hw: tuple[int, int] = (CANVAS_PX, CANVAS_PX)
    copies: int = 2  # of each trial that is learned from: as it is, mirrored, turned by a quarter, both, and so on up to eight
    dim: int = 64  # numbers that describe a cell
    steps: int = 1000
    batch: int = 12
    learning_rate: float = 5e-4

    of = "a training of a teller"
    WHOLE_INTERVALS = ("steps",)
    LEAST = {**MapConfig.LEAST, "copies": 1, "dim": 1, "steps": 1}  # noqa: RUF012

    def __post_init__(self):
        super().__post_init__()
        if self.copies > MOST_COPIES:
            raise ValueError(
                f"Invalid `copies`. Expected at most {MOST_COPIES}. Received: copies={self.copies}."
            )
        if self.image_hw != (CANVAS_PX, CANVAS_PX):
            raise ValueError(
                f"Invalid `image_hw`. Expected {(CANVAS_PX, CANVAS_PX)}, as trials have it. Received: image_hw={self.image_hw}."
            )
        if self.watched is not None:
            object.__setattr__(self, "watched", str(pathlib.Path(self.watched).absolute()))


def full(source, **given):
    """`python -m getnet_tf.individuals.telling.train --data TRIALS --out RUN`."""
    return TellingConfig(str(pathlib.Path(source).absolute()), **given)


def quick(source, **given):
    """`--preset quick`: half a minute, to see that everything works."""
    return full(source, **{"pictures": 24, "steps": 2, "batch": 4, "log_every": 2, **given})
