"""The search for this thing: places by its whole layout, decided cell by cell.

Source: cross-correlation of a template's deep features, as Bertinetto et al. 2016 (arXiv:1606.09549) do for tracking; here in several
sizes and turns, on a frozen backbone, and decided by a second look.
"""

from __future__ import annotations

import dataclasses
import os

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from edge_demo.errors import EdgeError
from edge_demo.model import metadata
from edge_demo.model.geometry import overlaps
from edge_demo.model.layout.cells import CellReader, See, field_of
from edge_demo.model.layout.likeness import (
    FEATURES,
    Upright,
    compared_cells,
    likeness,
    upright,
    upright_at,
)
from edge_demo.model.layout.places import Box, apart, places_in
from edge_demo.model.layout.templates import STEP_DEG, Template, templates_of
from edge_demo.native_log import stderr_without_information

CANVASES = (1, 2)  # that a frame's longer side is seen on: all of it, and again for what is small
LOOKS = 4  # places that are looked at closely: of one thing more give nothing
OVERLAP = 0.3  # IoU of two found things from which on they are one
BIAS = "bias"


@dataclasses.dataclass(frozen=True, eq=False)
class Shown:
    """A thing as it was shown."""

    templates: list[Template]
    upright: Upright
    compared: np.ndarray  # (20, 20) bool
    wh: tuple[int, int]  # of the picture, pixels


@dataclasses.dataclass(frozen=True)
class Found:
    """Where the thing is, and how surely."""

    box_px: Box
    angle_deg: (
        float  # how far it is turned, clockwise as seen, in -180 ... 180, to the nearest eighth of a circle
    )
    logit: float  # above 0 where it is this thing rather than not


class Layout:
    """Finds things by a model that tells cells.

    Args:
        see: `See`, such as a `CellReader`.
        decision: the weights of `FEATURES` and of "bias" in the logit.
        looks: places that are looked at closely; more than that many things are never found.

    Raises:
        ValueError: if the decision's names are others.
    """

    def __init__(self, see: See, decision: dict[str, float], looks: int = LOOKS):
        if set(decision) != {*FEATURES, BIAS}:
            expected = ", ".join((*FEATURES, BIAS))
            raise ValueError(f"Invalid `decision`. Expected {expected}, received: {', '.join(decision)}.")
        self._see, self._decision, self._looks = see, decision, looks

    def describe(self, picture_bgr_u8: np.ndarray) -> Shown:
        """What there is to know of a thing, (H, W, 3) uint8, once and for all."""
        wh = (picture_bgr_u8.shape[1], picture_bgr_u8.shape[0])
        templates = templates_of(picture_bgr_u8, self._see)
        return Shown(templates, upright(picture_bgr_u8, self._see), compared_cells(wh), wh)

    def find(self, frame_bgr_u8: np.ndarray, shown: Shown) -> list[Found]:
        """Every place in a frame, (H, W, 3) uint8, where it may be, the surest first, no two of them one."""
        fields = [field_of(frame_bgr_u8, canvases, self._see) for canvases in CANVASES]
        found = []
        for place in places_in(fields, shown.templates, shown.wh, self._looks):
            like = likeness(shown.upright, upright_at(place, frame_bgr_u8, self._see), shown.compared)
            logit = self._decision[BIAS] + sum(self._decision[name] * like[name] for name in FEATURES)
            angle_deg = (STEP_DEG * place.turn + 180) % 360 - 180
            found.append(Found(place.box_px, angle_deg, logit))
        return merged(found)


def merged(found: list[Found]) -> list[Found]:
    """One of all that overlap, the surest first: its box is their mean, weighted by their odds, as each of them is a little off."""
    boxes = np.array([one.box_px for one in found]).reshape(-1, 4)
    logits = np.array([one.logit for one in found])
    things = []
    for number in apart(boxes, logits, len(found), OVERLAP):
        near = overlaps(boxes, boxes[number][None])[:, 0] >= OVERLAP
        box_px = np.average(boxes[near], axis=0, weights=np.exp(logits[near] - logits[number]))
        things.append(dataclasses.replace(found[number], box_px=tuple(box_px.tolist())))
    return things


def open_layout(path: str | os.PathLike[str], num_threads: int = 1) -> Layout:
    """The search by a model file.

    Raises:
        EdgeError: if the file is no such model.
    """
    fields = metadata.read(path)
    try:
        with stderr_without_information():
            see = CellReader(Interpreter(model_path=os.fspath(path), num_threads=num_threads))
    except (ValueError, RuntimeError) as error:  # LiteRT's, or ours from `CellReader`
        reason = " ".join(str(error).split())
        raise EdgeError(f"{path}: expected a model that tells cells: {reason} {metadata.CONVERT}") from None
    if fields.layout is None:
        raise EdgeError(f"{path}: expected {metadata.MEMBER} to say `layout`, found none. {metadata.CONVERT}")
    return Layout(see, fields.layout)
