"""The grid of R-MAC: squares of several sizes, laid over a map so that neighbours overlap.

Convention: boxes are edges (xmin, ymin, xmax, ymax); cell i covers [i, i + 1).
"""

LEVELS = 3
OVERLAP = 0.4  # of neighbours on the largest squares
MOST = 6  # squares along the longer side, on the first level


def along(hw):
    """m: squares of the shorter side's length along the longer one, so that neighbours overlap by about 40 %; 1 on a square."""
    short, long = min(hw), max(hw)
    if short == long:
        return 1
    return min(range(2, MOST + 1), key=lambda m: abs(1 - (long - short) / (m - 1) / short - OVERLAP))


def grid(hw, levels=LEVELS):
    """Squares at l = 1, 2, ...: l (l + m - 1) of them, their side 2 min(h, w) / (l + 1) in whole cells.

    Args:
        hw: (h, w) of the map, cells.
        levels: sizes; each at least one cell.

    Returns:
        list of (xmin, ymin, xmax, ymax), cells, the largest first, row by row.

    Source: Tolias, Sicre, Jegou 2016 (arXiv:1511.05879), section 3.2.
    """
    h, w = hw
    m, boxes = along(hw), []
    for level in range(1, levels + 1):
        side = max(2 * min(hw) // (level + 1), 1)
        rows = level + (m - 1 if h > w else 0)
        columns = level + (m - 1 if w > h else 0)
        boxes += [
            (x, y, x + side, y + side) for y in _begins(h - side, rows) for x in _begins(w - side, columns)
        ]
    return boxes


def _begins(room, count):
    """Whole cells where `count` squares begin, evenly over the room that they have."""
    return [room * i // (count - 1) if count > 1 else room // 2 for i in range(count)]
