"""Many small pictures on few canvases, as a network takes as long over a small one as over a full canvas."""

from __future__ import annotations

from edge_demo.model.layout.cells import CANVAS_CELLS

GAP = 1  # cells between two, so that one hardly sees the other
Sheet = dict[int, tuple[int, int]]  # number of a picture -> (row, column) of its first cell


def sheets_of(shapes: list[tuple[int, int]], side: int = CANVAS_CELLS, gap: int = GAP) -> list[Sheet]:
    """Where pictures lie, shelf by shelf, the highest first.

    Args:
        shapes: (h, w) of each, cells, at most `side` each.
        side: of a canvas, cells.
        gap: between two, cells.

    Returns:
        As many sheets as it takes; every picture lies on one of them.

    Example:
        >>> sheets_of([(2, 3), (4, 3)], side=7, gap=1)
        [{1: (0, 0), 0: (0, 4)}]
    """
    sheets: list[Sheet] = []
    row, column, height = side, 0, 0  # so that the first picture opens a sheet
    for number in sorted(range(len(shapes)), key=lambda number: -shapes[number][0]):
        h, w = shapes[number]
        if column + w > side or not sheets:
            row, column = (row + height + gap if sheets else side), 0
            height = h
        if row + h > side:
            sheets.append({})
            row, column, height = 0, 0, h
        sheets[-1][number] = (row, column)
        column += w + gap
    return sheets
