"""Where a thing may be: the peaks of what `correlated` gives, between the cells and between the sizes, without those that overlap."""

from __future__ import annotations

import dataclasses

import numpy as np

from edge_demo.model.geometry import overlaps
from edge_demo.model.layout.cells import CELL_PX, Box, Field
from edge_demo.model.layout.correlation import correlated
from edge_demo.model.layout.laying import extent, round_extent
from edge_demo.model.layout.templates import SIZES_PX, STEP_DEG, Template

EXPONENT = 0.25  # of the number of cells: how much better it is that more of them agree
PEAKS = 3  # of a template, at most
OVERLAP = 0.6  # IoU of two places from which on they are one


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a reference may lie in a frame, and how."""

    middle: tuple[float, float]  # (x, y), pixels of the frame
    longer_px: float  # of the reference's longer side
    angle_deg: float  # clockwise as seen
    score: float  # weighted mean cosine, times cells ** `EXPONENT`
    box_px: Box


def places_in(
    fields: list[Field], templates: list[Template], reference_wh: tuple[int, int], most: int
) -> list[Place]:
    """The likeliest places of all fields of a frame, best first, no two of them one.

    Args:
        fields: of one frame.
        templates: of the reference.
        reference_wh: (width, height) of it, pixels.
        most: places, at most.
    """
    sides = np.array(reference_wh) / max(reference_wh)
    searched = [_Searched(field, templates) for field in fields]
    peaks = [(peak, own) for own in searched for peak in own.peaks()]
    kept: list[Place] = []
    # Places are worked out one by one, as most peaks are never asked for theirs.
    for peak, own in sorted(peaks, key=lambda pair: -pair[0].score):
        place = own.place(peak, sides)
        others = np.array([other.box_px for other in kept]).reshape(-1, 4)
        if (overlaps(others, np.array(place.box_px)) < OVERLAP).all():
            kept.append(place)
        if len(kept) == most:
            break
    return kept


def box_of(middle: tuple[float, float], wh: np.ndarray, angle_deg: float) -> Box:
    """The box round a turned thing of this width and height: between that of its rectangle and that of the ellipse in it."""
    x, y = middle
    right, down = ((extent(wh, angle_deg) + round_extent(wh, angle_deg)) / 4).tolist()
    return (x - right, y - down, x + right, y + down)


@dataclasses.dataclass(frozen=True)
class _Peak:
    score: float  # of its place
    number: int  # of the template
    y: int  # where in its answer
    x: int


class _Searched:
    """A field, and what it answers to every template."""

    def __init__(self, field: Field, templates: list[Template]):
        self._field, self._templates = field, templates
        self._answers = correlated(field.cells, templates)
        self._numbers = {(template.size, template.turn): number for number, template in enumerate(templates)}

    def peaks(self) -> list[_Peak]:
        """The peaks of every template."""
        return [
            _Peak(float(answer[y, x]) * template.count**EXPONENT, number, y, x)
            for number, (template, answer) in enumerate(zip(self._templates, self._answers, strict=True))
            for y, x in _peaks(answer)
        ]

    def place(self, peak: _Peak, sides: np.ndarray) -> Place:
        """The place of a peak; `sides` are the reference's, its longer one 1."""
        template, answer = self._templates[peak.number], self._answers[peak.number]
        y, x = peak.y, peak.x
        middle = _middle(template, y + between(answer[:, x], y), x + between(answer[y], x))
        neighbours = [
            _at(self._answers[number], self._templates[number], middle)
            for size in (template.size - 1, template.size + 1)
            if (number := self._numbers.get((size, template.turn))) is not None
        ]
        finer = 0.0
        if len(neighbours) == 2:
            finer = between(np.array([neighbours[0], answer[y, x], neighbours[1]]), 1)
        size_px = SIZES_PX[template.size] * (SIZES_PX[1] / SIZES_PX[0]) ** finer
        field = self._field
        longer_px = size_px / CELL_PX * field.cell_px
        centre = (
            field.origin[0] + middle[0] * field.cell_px,
            field.origin[1] + middle[1] * field.cell_px,
        )
        angle_deg = STEP_DEG * template.turn
        return Place(centre, longer_px, angle_deg, peak.score, box_of(centre, sides * longer_px, angle_deg))


def _peaks(answer: np.ndarray) -> list[tuple[int, int]]:
    """(y, x) of the `PEAKS` highest elements, without neighbours of higher ones."""
    left, found = answer.copy(), []
    while len(found) < PEAKS and np.isfinite(left.flat[best := int(left.argmax())]):
        y, x = divmod(best, left.shape[1])
        found.append((y, x))
        left[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2] = -np.inf
    return found


def between(values: np.ndarray, at: int) -> float:
    """How far from element `at`, in -0.5 ... 0.5, the parabola through it and its neighbours has its top; 0 where it has none."""
    if not 0 < at < len(values) - 1:
        return 0.0
    before, here, after = (float(value) for value in values[at - 1 : at + 2])
    if here < max(before, after) or 2 * here == before + after:
        return 0.0
    return (after - before) / (2 * here - before - after) / 2


def _middle(template: Template, y: float, x: float) -> tuple[float, float]:
    """(x, y) of a template's middle, cells of the field, where its answer has the element (y, x)."""
    h, w = template.cells.shape[:2]
    return (x - w // 2 + w / 2, y - h // 2 + h / 2)


def _at(answer: np.ndarray, template: Template, middle: tuple[float, float]) -> float:
    """The best answer with its middle within a cell of a place."""
    h, w = template.cells.shape[:2]
    y, x = round(middle[1] - h / 2 + h // 2), round(middle[0] - w / 2 + w // 2)
    near = answer[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
    return float(near.max()) if near.size else -1.0
