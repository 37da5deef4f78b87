"""From theta to a box in the frame, and how much two boxes overlap.

Convention: x right, y down; theta and its kinds are those of `edge_demo.model.thetas`. A box is (xmin, ymin, xmax, ymax) as
edges in pixels: pixel i covers [i, i + 1), so the pixel centres that the corners of the crop read from lie half a pixel
inside the box, and the identity is (0, 0, W, H). A twin of the training side's geometry, in NumPy.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np

from edge_demo.model.thetas import ThetaKind, kind_named
from edge_demo.model.thetas.kind import Array

LEAST = 1e-7  # keeps divisors from 0
SMALL_IOU = 0.3  # two boxes that overlap less are in different places


def matrix_from_theta(theta: np.ndarray, theta_kind: str) -> np.ndarray:
    """Writes a theta of any affine kind as the full A of eq. 1.

    Args:
        theta: (P,) float, the numbers of its kind.
        theta_kind: a key of `thetas.KINDS`.

    Returns:
        (2, 3) float64, [[t11, t12, t13], [t21, t22, t23]].

    Raises:
        ValueError: if the kind is unknown or `theta` has another length than its kind.

    Source: GetNet eq. 1-3.
    """
    kind, theta = _checked(theta, theta_kind)
    return kind.matrix(theta, np)[0]


def box_from_theta(
    theta: np.ndarray, theta_kind: str, image_hw: tuple[int, int], frame_wh: tuple[int, int]
) -> tuple[float, float, float, float]:
    """The area that theta looks at, as a box on the frame that was stretched to the network's image.

    A rotated or sheared area gives the axis-aligned box around its four corners. What lies outside the frame
    is cut off; an area wholly outside gives a box without area on the frame's edge.

    Args:
        theta: (P,) float.
        theta_kind: a key of `thetas.KINDS`.
        image_hw: (height, width) of the network's image, pixels.
        frame_wh: (width, height) of the frame, pixels.

    Returns:
        (xmin, ymin, xmax, ymax), pixels of the frame.

    Raises:
        ValueError: as `matrix_from_theta`.

    Example:
        >>> box_from_theta(np.array([1.0, 0.0, 0.0]), "attention", (60, 60), (640, 480))
        (0.0, 0.0, 640.0, 480.0)
    """
    kind, theta = _checked(theta, theta_kind)
    image_wh = np.array(image_hw[::-1], np.float64)
    low, high = ((bound[0] + 1) / 2 * (image_wh - 1) for bound in kind.bounds(theta, np))  # pixel indices
    frame_per_image = np.array(frame_wh, np.float64) / image_wh
    low = np.clip(low * frame_per_image, 0, frame_wh)
    high = np.clip((high + 1) * frame_per_image, 0, frame_wh)
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def areas(boxes: Array, xp: ModuleType = np) -> Array:
    """Boxes (..., 4) -> areas (..., 1), 0 for one that is turned inside out. `xp` computes, as in `thetas.kind`."""
    size = xp.maximum(boxes[..., 2:] - boxes[..., :2], 0.0)
    return size[..., :1] * size[..., 1:]


def overlaps(boxes0: Array, boxes1: Array, xp: ModuleType = np) -> Array:
    """Intersection over union of boxes (..., 4), each with its own or one with all: (..., 1); 0 if either is empty."""
    low, high = (
        xp.maximum(boxes0[..., :2], boxes1[..., :2]),
        xp.minimum(boxes0[..., 2:], boxes1[..., 2:]),
    )
    shared = areas(xp.concatenate([low, high], axis=-1), xp)
    return shared / xp.maximum(areas(boxes0, xp) + areas(boxes1, xp) - shared, LEAST)


def iou(box0_px: tuple[float, float, float, float], box1_px: tuple[float, float, float, float]) -> float:
    """Intersection over union of two boxes (xmin, ymin, xmax, ymax); 0 if either is empty."""
    return float(overlaps(np.array(box0_px, float), np.array(box1_px, float))[0])


def _checked(theta: np.ndarray, theta_kind: str) -> tuple[ThetaKind, np.ndarray]:
    """The kind of this name, and theta as a batch of one (1, P) float64."""
    kind, theta = kind_named(theta_kind), np.asarray(theta, np.float64)
    if theta.shape != (kind.size,):
        raise ValueError(
            f"Invalid `theta`. Expected shape {(kind.size,)} of {theta_kind!r}, received {theta.shape}."
        )
    return kind, theta[None]
