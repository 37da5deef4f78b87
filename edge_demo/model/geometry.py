"""From theta to a box in the frame, and how much two boxes overlap.

Convention: x right, y down. Theta maps output (crop) coordinates to input (image) coordinates, both
normalized so that -1 and +1 are the centres of the corner pixels. A box is (xmin, ymin, xmax, ymax) as edges
in pixels: pixel i covers [i, i + 1), so the pixel centres that the corners of the crop read from lie half a
pixel inside the box, and the identity is (0, 0, W, H). A twin of the training side's geometry, in NumPy.
"""

from __future__ import annotations

import numpy as np

SMALL_IOU = 0.3  # two boxes that overlap less are in different places
# How many numbers each kind of theta has; every angle in radians, everything else normalized.
THETA_SIZES = {
    "translation": 2,  # (tx, ty), scale 1
    "attention": 3,  # (s, tx, ty): GetNet eq. 3
    "box": 4,  # (sx, sy, tx, ty)
    "similarity": 4,  # (s, angle_rad, tx, ty)
    "affine": 6,  # (t11, t12, t13, t21, t22, t23): GetNet eq. 1
}


def matrix_from_theta(theta: np.ndarray, theta_kind: str) -> np.ndarray:
    """Writes a theta of any kind as the full A of eq. 1.

    Args:
        theta: (P,) float, laid out as `THETA_SIZES` says.
        theta_kind: a key of `THETA_SIZES`.

    Returns:
        (2, 3) float64, [[t11, t12, t13], [t21, t22, t23]].

    Raises:
        ValueError: if the kind is unknown or `theta` has another length than its kind.

    Source: GetNet eq. 1-3.
    """
    if theta_kind not in THETA_SIZES:
        raise ValueError(
            f"Invalid `theta_kind`. Expected one of {list(THETA_SIZES)}, received: {theta_kind!r}."
        )
    theta = np.asarray(theta, np.float64)
    expected = (THETA_SIZES[theta_kind],)
    if theta.shape != expected:
        raise ValueError(
            f"Invalid `theta`. Expected shape {expected} of {theta_kind!r}, received {theta.shape}."
        )
    if theta_kind == "affine":
        return theta.reshape(2, 3)
    if theta_kind == "similarity":
        scale, angle_rad, tx, ty = theta
        cos, sin = scale * np.cos(angle_rad), scale * np.sin(angle_rad)
        return np.array([[cos, -sin, tx], [sin, cos, ty]])
    tx, ty = theta[-2:]
    sx, sy = {"translation": (1.0, 1.0), "attention": (theta[0], theta[0]), "box": (theta[0], theta[1])}[
        theta_kind
    ]
    return np.array([[sx, 0.0, tx], [0.0, sy, ty]])


def box_from_theta(
    theta: np.ndarray, theta_kind: str, image_hw: tuple[int, int], frame_wh: tuple[int, int]
) -> tuple[float, float, float, float]:
    """The area that theta looks at, as a box on the frame that was stretched to the network's image.

    A rotated or sheared area gives the axis-aligned box around its four corners. What lies outside the frame
    is cut off; an area wholly outside gives a box without area on the frame's edge.

    Args:
        theta: (P,) float.
        theta_kind: a key of `THETA_SIZES`.
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
    corners = np.array([[-1, 1, -1, 1], [-1, -1, 1, 1], [1, 1, 1, 1]], np.float64)
    image_wh = np.array(image_hw[::-1], np.float64)
    centres = (
        (matrix_from_theta(theta, theta_kind) @ corners + 1) / 2 * (image_wh[:, None] - 1)
    )  # (2, 4), pixel indices
    frame_per_image = np.array(frame_wh, np.float64) / image_wh
    low = np.clip(centres.min(axis=1) * frame_per_image, 0, frame_wh)
    high = np.clip((centres.max(axis=1) + 1) * frame_per_image, 0, frame_wh)
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def iou(box0_px: tuple[float, float, float, float], box1_px: tuple[float, float, float, float]) -> float:
    """Intersection over union of two boxes (xmin, ymin, xmax, ymax); 0 if either is empty."""
    low, high = np.maximum(box0_px[:2], box1_px[:2]), np.minimum(box0_px[2:], box1_px[2:])
    shared = float(np.prod(np.maximum(high - low, 0)))
    areas = [max(box[2] - box[0], 0) * max(box[3] - box[1], 0) for box in (box0_px, box1_px)]
    return shared / (sum(areas) - shared) if shared else 0.0
