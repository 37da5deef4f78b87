"""Many small pictures on few canvases, as a network takes as long over a small one as over a full canvas."""

from __future__ import annotations

import dataclasses

from edge_demo.model.layout.cells import CANVAS_CELLS

GAP = 1  # cells between two: a cell sees farther than that, but with a sheet for each no more is found
Sheet = dict[int, tuple[int, int]]  # number of a picture -> (row, column) of its first cell


def sheets_of(shapes: list[tuple[int, int]], side: int = CANVAS_CELLS, gap: int = GAP) -> list[Sheet]:
    """Where pictures lie: on shelves as high as their first picture, each on the lowest that has room for it, the highest first.

    Args:
        shapes: (h, w) of each, cells, at most `side` each.
        side: of a canvas, cells.
        gap: between two, cells.

    Returns:
        As many sheets as it takes; every picture lies on one of them.

    Source: first fit by decreasing height, Coffman et al. 1980 (SIAM J. Comput. 9, 808); here the last that fits, which is the lowest.

    Example:
        >>> sheets_of([(2, 3), (4, 3)], side=7, gap=1)
        [{1: (0, 0), 0: (0, 4)}]
    """
    sheets: list[Sheet] = []
    shelves: list[_Shelf] = []
    below: list[int] = []  # the first row of each sheet that is below its shelves
    for number in sorted(range(len(shapes)), key=lambda number: (-shapes[number][0], -shapes[number][1])):
        h, w = shapes[number]
        shelf = next((one for one in reversed(shelves) if one.height >= h and one.column + w <= side), None)
        if shelf is None:
            sheet = next((sheet for sheet, row in enumerate(below) if row + h <= side), len(sheets))
            if sheet == len(sheets):
                sheets.append({})
                below.append(0)
            shelf = _Shelf(sheet, below[sheet], h)
            shelves.append(shelf)
            below[sheet] += h + gap
        sheets[shelf.sheet][number] = (shelf.row, shelf.column)
        shelf.column += w + gap
    return sheets


@dataclasses.dataclass
class _Shelf:
    sheet: int
    row: int
    height: int
    column: int = 0  # the first that is free
