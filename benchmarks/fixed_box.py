"""The best fixed box: what a localiser that looks at the picture has to beat."""

import itertools

import numpy as np

from getnet_tf.evaluation import metrics

STEPS = 12  # of the grid, per side


def best_fixed_box(boxes, steps=STEPS):
    """The one box that is right most often, so it is chosen with the true boxes, and flattered.

    Args:
        boxes: (N, 4) float, over frames of size 1.
        steps: of the grid that the box's edges lie on.

    Returns:
        (its CorLoc@0.5, the box (4,))
    """
    ticks = np.linspace(0, 1, steps + 1)
    sides = [(low, high) for low in ticks for high in ticks if low < high]
    grid = [np.array([x0, y0, x1, y1]) for (x0, x1), (y0, y1) in itertools.product(sides, sides)]
    shares = [metrics.corloc(metrics.iou(boxes, box, (1, 1))) for box in grid]
    best = int(np.argmax(shares))
    return shares[best], grid[best]
