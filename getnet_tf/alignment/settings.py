"""What a training of an aligner is made of: frozen settings, each with its default, and presets."""

import dataclasses
import pathlib

from getnet_tf.training.on_maps.config import ViewsConfig


@dataclasses.dataclass(frozen=True)
class AlignConfig(ViewsConfig):
    """A training: what it learns from, and for how long."""

    spline_views: int = 3  # of each picture
    affine_steps: int = 6000  # of the affine regressor, first
    spline_steps: int = 4000  # of the spline's, then

    of = "an alignment training"
    WHOLE_INTERVALS = ("affine_steps", "spline_steps")
    LEAST = {**ViewsConfig.LEAST, "spline_views": 1, "affine_steps": 1, "spline_steps": 1}  # noqa: RUF012

    @property
    def steps(self):
        """Of both phases."""
        return self.affine_steps + self.spline_steps


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
