"""From distances to decisions: the threshold and the score curve, both fitted on validation pairs."""

import dataclasses

import numpy as np

from edge_demo.model.metadata import MOST
from getnet_tf.evaluation.metrics import best_threshold

CURVE_POINTS = 33


@dataclasses.dataclass(frozen=True)
class Calibration:
    """How a model's distances are read."""

    threshold: float  # "same" if the distance is at most this
    temperature: float  # distance over which the score falls from 50 % to 27 %
    pairs: int  # validation pairs it was fitted on

    def __post_init__(self):
        if not 0 < self.temperature <= MOST:
            raise ValueError(
                f"Invalid `temperature`. Expected a number above 0, at most {MOST:g}. Received: {self.temperature!r}."
            )
        if not abs(self.threshold) <= MOST:
            raise ValueError(
                f"Invalid `threshold`. Expected a number from {-MOST:g} to {MOST:g}. Received: {self.threshold!r}."
            )

    def score(self, distance):
        """The probability of "same" (any shape), 0.5 at the threshold: a logistic curve in the distance."""
        # As a hyperbolic tangent, which does not overflow.
        return 0.5 - 0.5 * np.tanh((np.asarray(distance) - self.threshold) / (2 * self.temperature))

    def curve(self):
        """The score as points for linear interpolation: {"distance": ascending, "score": descending}."""
        distance = self.threshold + self.temperature * np.linspace(-8, 8, CURVE_POINTS)
        return {"distance": [float(d) for d in distance], "score": [float(s) for s in self.score(distance)]}


def calibrate(label, distance):
    """Fits a `Calibration`: the threshold that decides best, the temperature that predicts best.

    Args:
        label: (N,) 1 = same, 0 = different.
        distance: (N,) float.

    Source: Platt 1999, with the midpoint held at the threshold so that "match" and "at least 50 %" are one decision.
    """
    label, distance = np.asarray(label) > 0.5, np.asarray(distance, np.float64)
    threshold = best_threshold(label, distance)
    # The log-likelihood of a one-parameter logistic curve is unimodal; a fine grid is exact enough and never fails.
    temperatures = np.geomspace(1e-3, 1e2, 201) * max(np.std(distance), 1e-6)
    margin = np.where(label, 1, -1) * (threshold - distance)
    costs = [np.logaddexp(0, -margin / temperature).mean() for temperature in temperatures]
    return Calibration(float(threshold), float(temperatures[int(np.argmin(costs))]), len(label))
