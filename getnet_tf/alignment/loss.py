"""How far a map is off, and how wrong a yes or no."""

import numpy as np
from keras import ops

from edge_demo.model.thetas import KINDS

GRID_SIDE = 20  # points of a side of the grid that both maps move


def grid_distance(theta, true_theta, kind):
    """The mean squared distance between a grid of points moved by theta and by the true theta.

    A number of theta has no unit that others share; a distance in the picture has. No corner is worth more than another.

    Args:
        theta, true_theta: (B, P) float.
        kind: name of a kind of theta.

    Returns:
        (B,) float, normalized units squared: 2 is the picture's side.

    Source: eq. 2 of Rocco et al. 2017 (arXiv:1703.05593).
    """
    line = np.linspace(-1.0, 1.0, GRID_SIDE)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    points = ops.array(grid, theta.dtype)
    known = KINDS[kind]
    apart = known.read_at(theta, points, ops) - known.read_at(true_theta, points, ops)  # (B, 400, 2)
    return ops.mean(ops.sum(apart * apart, axis=-1), axis=-1)


def weighted_mean(values, weights):
    """The mean of values (B,) by weights (B,), of which all may be 0: () float."""
    return ops.sum(values * weights) / ops.maximum(ops.sum(weights), 1.0)


def fit_loss(label, logit):
    """Binary cross-entropy of logits (B,) against labels (B,): (B,) float."""
    return ops.relu(logit) - logit * label + ops.log1p(ops.exp(-ops.abs(logit)))
