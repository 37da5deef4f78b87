"""Things turned in the picture's plane by fixed angles, seen from nearly the reference's direction; otherwise as `rendered`."""

import functools

from getnet_tf.data.cameras import another_side, rolled
from getnet_tf.data.renders import Renderer
from this_thing_sets import rendered

ANGLES_DEG = range(0, 181, 30)
TURNED = "turned by "  # begins the rows
ASIDE_DEG = 15  # between the directions, at most
SEED = 12


def trials(data, part, limit):
    """A third of `limit` trials of each angle, but one at least; trials of one number show the same thing."""
    with Renderer() as renderer:
        studio = rendered.Studio(data, part, renderer)
        return [
            rendered.trial(
                studio, f"{TURNED}{angle}°", (SEED, number), number, functools.partial(_turned, angle)
            )
            for angle in ANGLES_DEG
            for number in range(max(limit // 3, 1))
        ]


def _turned(angle_deg, rotation, rng):
    return rolled(another_side(rotation, ASIDE_DEG, rng), angle_deg)
