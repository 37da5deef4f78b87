"""What a training of a teller is made of: frozen settings, each with its default, and presets."""

import dataclasses
import pathlib

from edge_demo.model.layout.cells import CANVAS_PX
from getnet_tf.training.on_maps.config import MapConfig


@dataclasses.dataclass(frozen=True)
class TellingConfig(MapConfig):
    """A training: what it learns from, and how."""

    watched: str | None = None  # folder with trials to watch; None: every eighth of the others
    image_hw: tuple[int, int] = (CANVAS_PX, CANVAS_PX)
    dim: int = 64  # numbers that describe a cell
    steps: int = 600
    batch: int = 12
    learning_rate: float = 5e-4
    kept: float = 0.7  # of what was learned: so far from where it began, towards where the training ends, the weights are

    of = "a training of a teller"
    WHOLE_INTERVALS = ("steps",)
    LEAST = {**MapConfig.LEAST, "dim": 1, "steps": 1}  # noqa: RUF012

    def __post_init__(self):
        super().__post_init__()
        if not 0 < self.kept <= 1:
            raise ValueError(
                f"Invalid `kept`. Expected a number above 0, at most 1. Received: kept={self.kept}."
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
