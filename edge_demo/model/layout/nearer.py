"""A place drawn nearer by the cells themselves, as the aligner draws its maps: a search finds a thing in steps of sizes and turns."""

from __future__ import annotations

import cmath
import dataclasses
import math

import numpy as np

from edge_demo.model.alignment.refined import refined
from edge_demo.model.layout.cells import CANVAS_PX
from edge_demo.model.layout.likeness import LONGER_PX
from edge_demo.model.layout.places import Place, box_of

AS_IT_WAS = np.array([1, 0, 0, 0, 1, 0], np.float32)
NORM_PX = (CANVAS_PX - 1) / 2  # pixels of a canvas in one of the units that `refined` counts in


def drawn_nearer(
    place: Place, reference: np.ndarray, area: np.ndarray, compared: np.ndarray, reference_wh: tuple[int, int]
) -> Place:
    """Moves, turns and resizes a place so that every cell of the reference comes nearer to what looks most like it.

    Of the affine map only the similarity nearest to it is kept: a view from another side would shear it, and what fits then is often
    the background.

    Args:
        place: in a frame.
        reference: (20, 20, D) float32, its cells on its canvas.
        area: the same of the place, as `upright_at` reads it.
        compared: (20, 20) bool, cells of the reference that have a say.
        reference_wh: (width, height) of the reference's picture, pixels.
    """
    canvas_hw = (CANVAS_PX, CANVAS_PX)
    theta = refined(AS_IT_WAS, "affine", area, reference * compared[..., None], canvas_hw)
    right, down, x, across, up, y = theta.tolist()
    # A plane of complex numbers has similarities as its products: this one is the mean of what the map does to both axes.
    turned = complex(right + up, across - down) / 2
    frame_px = place.longer_px / LONGER_PX * cmath.exp(1j * math.radians(place.angle_deg))
    middle = complex(*place.middle) + complex(x, y) * NORM_PX * frame_px
    longer_px = place.longer_px * abs(turned)
    angle_deg = place.angle_deg + math.degrees(cmath.phase(turned))
    sides = np.array(reference_wh) / max(reference_wh) * longer_px
    box_px = box_of((middle.real, middle.imag), sides, angle_deg)
    return dataclasses.replace(
        place, middle=(middle.real, middle.imag), longer_px=longer_px, angle_deg=angle_deg, box_px=box_px
    )
