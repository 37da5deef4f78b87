"""Where the pixels of a picture of any size go when it is stretched to a network's image.

Convention: see `edge_demo.model.geometry`. Resizing by area keeps edges at edges: the pixel centre x of W lies at
(x + 0.5) w / W - 0.5 of w, and -1 and +1 are the centres of the corner pixels of the stretched image, not of the picture.
"""

from __future__ import annotations

import numpy as np

Hw = tuple[int, int]  # (height, width), pixels


def to_norm(points_px: np.ndarray, picture_hw: Hw, image_hw: Hw) -> np.ndarray:
    """Pixels of a picture -> normalized coordinates of the image that it is stretched to.

    Args:
        points_px: (N, 2) float.
        picture_hw: (H, W) of the picture, pixels.
        image_hw: (h, w) of the image, pixels.

    Returns:
        (N, 2) float64.
    """
    picture_wh, image_wh = np.array(picture_hw[::-1], float), np.array(image_hw[::-1], float)
    stretched_px = (np.asarray(points_px) + 0.5) * image_wh / picture_wh - 0.5
    return 2 * stretched_px / (image_wh - 1) - 1


def to_px(points: np.ndarray, picture_hw: Hw, image_hw: Hw) -> np.ndarray:
    """Normalized coordinates (N, 2) -> pixels of the picture: the inverse of `to_norm`."""
    picture_wh, image_wh = np.array(picture_hw[::-1], float), np.array(image_hw[::-1], float)
    stretched_px = (np.asarray(points) + 1) / 2 * (image_wh - 1)
    return (stretched_px + 0.5) * picture_wh / image_wh - 0.5
