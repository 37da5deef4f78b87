"""The search for this thing: places by its whole layout, decided cell by cell.

Source: cross-correlation of a template's deep features, as Bertinetto et al. 2016 (arXiv:1606.09549) do for tracking; here in several
sizes and turns, on a frozen backbone, and decided by a second look.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from edge_demo.model.geometry import overlaps
from edge_demo.model.layout.cells import CANVAS_PX, Box, Field, See, field_of, field_round
from edge_demo.model.layout.likeness import (
    FEATURES,
    Embed,
    Upright,
    compared_cells,
    likeness,
    upright,
    upright_at,
)
from edge_demo.model.layout.nearer import drawn_nearer
from edge_demo.model.layout.places import Place, places_in
from edge_demo.model.layout.templates import SIZES_PX, Template, templates_of

CANVASES = (1, 2)  # that a frame's longer side is seen on: all of it, and again for what is small
LOOKS = 4  # places that are looked at closely: of one thing more give nothing
NEARER = 2  # of these the best, which are drawn nearer and looked at again
# Where somebody else's box says that it may be, it is looked for in these sizes, the middle one the box's.
NEAR_SIZES = (3, 4, 5)  # numbers of `SIZES_PX`
OVERLAP = 0.3  # IoU of two found things from which on they are one
BIAS = "bias"


@dataclasses.dataclass(frozen=True, eq=False)
class Shown:
    """A thing as it was shown."""

    templates: list[Template]
    upright: Upright  # as it is told
    cells: np.ndarray  # (20, 20, D) float32, the same canvas as it is searched for
    compared: np.ndarray  # (20, 20) bool
    wh: tuple[int, int]  # of the picture, pixels


@dataclasses.dataclass(frozen=True, eq=False)
class Seen:
    """A frame as it was seen, once for all things."""

    frame_bgr_u8: np.ndarray  # (H, W, 3) uint8
    fields: list[Field]


@dataclasses.dataclass(frozen=True)
class Found:
    """Where the thing is, and how surely."""

    box_px: Box
    angle_deg: float  # how far it is turned, clockwise as seen, in -180 ... 180
    logit: float  # above 0 where it is this thing rather than not

    @property
    def score(self) -> float:
        """The same as a probability, in [0, 1]."""
        return 1 / (1 + math.exp(-self.logit))


@dataclasses.dataclass(frozen=True, eq=False)
class Look:
    """A close look at a place."""

    place: Place
    area: Upright
    like: dict[str, float]  # numbers of `FEATURES`
    logit: float

    def found(self) -> Found:
        """What is told of it."""
        return Found(self.place.box_px, (self.place.angle_deg + 180) % 360 - 180, self.logit)


class Layout:
    """Finds things by a model that tells cells and knows kinds.

    Args:
        see: `See`, such as a `CellReader`, by which it is searched for and drawn nearer.
        tell: `See`, by which is decided; it may be the same one.
        embed: `Embed`, what the model says of a thing's kind.
        decision: the weights of `FEATURES` and of "bias" in the logit.
        looks: places that are looked at closely; more than that many things are never found.

    Raises:
        ValueError: if the decision's names are others.
    """

    def __init__(self, see: See, tell: See, embed: Embed, decision: dict[str, float], looks: int = LOOKS):
        if set(decision) != {*FEATURES, BIAS}:
            expected = ", ".join((*FEATURES, BIAS))
            raise ValueError(f"Invalid `decision`. Expected {expected}, received: {', '.join(decision)}.")
        self._see, self._tell, self._embed = see, tell, embed
        self._decision, self._looks = decision, looks

    def describe(self, picture_bgr_u8: np.ndarray) -> Shown:
        """What there is to know of a thing, (H, W, 3) uint8, once and for all."""
        wh = (picture_bgr_u8.shape[1], picture_bgr_u8.shape[0])
        templates = templates_of(picture_bgr_u8, self._see)
        own = upright(picture_bgr_u8, self._tell, self._embed)
        cells = own.cells if self._tell is self._see else upright(picture_bgr_u8, self._see, embed=None).cells
        return Shown(templates, own, cells, compared_cells(wh), wh)

    def see(self, frame_bgr_u8: np.ndarray) -> Seen:
        """Sees a frame, (H, W, 3) uint8, for all things that it is searched for."""
        return Seen(frame_bgr_u8, [field_of(frame_bgr_u8, canvases, self._see) for canvases in CANVASES])

    def find(self, seen: Seen, shown: Shown, boxes_px: Sequence[Box] = ()) -> list[Found]:
        """Every place in a frame where the thing may be, the surest first, no two of them one.

        Args:
            seen: the frame.
            shown: the thing.
            boxes_px: where it may be besides, by another search; none of them empty.
        """
        return merged([look.found() for look in self.looks(seen, shown, boxes_px)])

    def looks(self, seen: Seen, shown: Shown, boxes_px: Sequence[Box] = ()) -> list[Look]:
        """The close looks that `find` takes, several of which may be at one thing; arguments as there."""
        places = places_in(seen.fields, shown.templates, shown.wh, self._looks)
        places += [self._near(seen.frame_bgr_u8, shown, box_px) for box_px in boxes_px]
        looks = [self._looked(seen.frame_bgr_u8, shown, place) for place in places]
        looks.sort(key=lambda look: -look.logit)
        nearer = [self._nearer(seen.frame_bgr_u8, shown, look.place, look.area) for look in looks[:NEARER]]
        return [*nearer, *looks[NEARER:]]

    def look(self, frame_bgr_u8: np.ndarray, shown: Shown, box_px: Box) -> Found:
        """Whether what a box shows is the thing, and how it lies.

        Args:
            frame_bgr_u8: (H, W, 3) uint8.
            shown: the thing.
            box_px: where something like it was found; not empty.
        """
        return self._looked_once(frame_bgr_u8, shown, self._near(frame_bgr_u8, shown, box_px))

    def look_in(self, frame_bgr_u8: np.ndarray, shown: Shown, region_px: Box) -> Found:
        """A search of a part of a frame, about as long as a look: the likeliest place there, looked at.

        Args:
            frame_bgr_u8: (H, W, 3) uint8.
            shown: the thing.
            region_px: the part; not empty. Its longer side is seen on a canvas.
        """
        field = field_round(frame_bgr_u8, region_px, CANVAS_PX, self._see)
        (place,) = places_in([field], shown.templates, shown.wh, 1)
        return self._looked_once(frame_bgr_u8, shown, place)

    def _near(self, frame_bgr_u8: np.ndarray, shown: Shown, box_px: Box) -> Place:
        """Where in and round a box the thing lies best."""
        field = field_round(frame_bgr_u8, box_px, SIZES_PX[NEAR_SIZES[1]], self._see)
        near = [template for template in shown.templates if template.size in NEAR_SIZES]
        (place,) = places_in([field], near, shown.wh, 1)
        return place

    def _looked_once(self, frame_bgr_u8: np.ndarray, shown: Shown, place: Place) -> Found:
        return self._nearer(frame_bgr_u8, shown, place).found()

    def _looked(self, frame_bgr_u8: np.ndarray, shown: Shown, place: Place) -> Look:
        area = upright_at(place, frame_bgr_u8, shown.wh, self._tell, self._embed)
        like = likeness(shown.upright, area, shown.compared)
        logit = self._decision[BIAS] + sum(self._decision[name] * like[name] for name in FEATURES)
        return Look(place, area, like, logit)

    def _nearer(
        self, frame_bgr_u8: np.ndarray, shown: Shown, place: Place, told: Upright | None = None
    ) -> Look:
        """A look at a place that is drawn nearer before; `told` is what a look at the place itself has seen, if there was one."""
        seen = told is not None and self._tell is self._see
        area = told if seen else upright_at(place, frame_bgr_u8, shown.wh, self._see, embed=None)
        nearer = drawn_nearer(place, shown.cells, area.cells, shown.compared, shown.wh)
        return self._looked(frame_bgr_u8, shown, nearer)


def merged(found: list[Found]) -> list[Found]:
    """One of all that overlap, the surest first: its box is their mean, weighted by their odds, as each of them is a little off.

    What overlaps that mean is the same thing, too.
    """
    boxes = np.array([one.box_px for one in found]).reshape(-1, 4)
    logits = np.array([one.logit for one in found])
    things, left = [], np.argsort(-logits, kind="stable")
    while len(left):
        best = left[0]
        near = left[_overlapping(boxes[left], boxes[best])]
        box_px = np.average(boxes[near], axis=0, weights=np.exp(logits[near] - logits[best]))
        things.append(dataclasses.replace(found[best], box_px=tuple(box_px.tolist())))
        left = left[~(np.isin(left, near) | _overlapping(boxes[left], box_px))]
    return things


def _overlapping(boxes: np.ndarray, box: np.ndarray) -> np.ndarray:
    return overlaps(boxes, box[None])[:, 0] >= OVERLAP
