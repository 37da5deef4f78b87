"""Parts of a map that lie under boxes of its picture: a whole map pooled is IPA, such a part pooled RPA."""

import numpy as np

ROUNDING = 1e-3  # cells, that a box may touch of the next one without holding it


def cells_under(boxes_px, picture_hw, map_hw):
    """The cells that boxes touch.

    Args:
        boxes_px: (R, 4) float, edges (xmin, ymin, xmax, ymax), pixels of a picture.
        picture_hw: (H, W) of it, pixels.
        map_hw: (h, w) of its map, cells.

    Returns:
        (R, 4) int, edges in cells, at least one cell each; what lies beyond the picture is cut off.

    Source: RoI pooling as of Girshick 2015 (arXiv:1504.08083), IPA and RPA of Salvador et al. 2016 (arXiv:1604.08893); differs: cells
    as far as the box reaches, not to the nearest.
    """
    most = np.array([map_hw[1], map_hw[0]])
    scaled = np.asarray(boxes_px, float).reshape(-1, 2, 2) * (most / np.array(picture_hw)[::-1])
    low = np.clip(np.floor(scaled[:, 0] + ROUNDING), 0, most - 1)
    high = np.clip(np.ceil(scaled[:, 1] - ROUNDING), low + 1, most)
    return np.concatenate([low, high], axis=1).astype(int)


def parts_under(maps, cells):
    """The parts of maps (B, h, w, K) under (R, 4) cells, one after the other: a generator of (B, h', w', K)."""
    return (maps[:, top:bottom, left:right] for left, top, right, bottom in cells)
