"""The target area, cut out of the frame itself: a camera's pixels are more than the network's image has left of them."""

from __future__ import annotations

import cv2
import numpy as np

from edge_demo.model.geometry import matrix_from_theta


def sample_area(
    frame_bgr_u8: np.ndarray,
    theta: np.ndarray,
    theta_kind: str,
    image_hw: tuple[int, int],
    crop_hw: tuple[int, int],
) -> np.ndarray:
    """Cuts out of a frame what theta looks at in the network's image, which the frame was stretched to.

    Pixel centres are those of the training side's sampler; outside the frame is black. Where the frame is finer than the
    crop it is first reduced by area, so that nothing flickers.

    Args:
        frame_bgr_u8: (H', W', 3) uint8.
        theta: (P,) float, one of `theta_kind`.
        theta_kind: a key of `thetas.KINDS`.
        image_hw: (height, width) of the network's image, pixels.
        crop_hw: (height, width) of the crop, pixels.

    Returns:
        (h, w, 3) uint8.

    Source: GetNet eq. 4-5, in the frame instead of the image.
    """
    matrix = matrix_from_theta(theta, theta_kind)
    image_wh, crop_wh = np.array(image_hw[::-1], float), np.array(crop_hw[::-1], float)
    frame_wh = np.array(frame_bgr_u8.shape[1::-1], float)
    # From a crop's pixel to the image's: normalized coordinates reach from the first centre to the last.
    to_norm, from_norm = 2 / np.maximum(crop_wh - 1, 1), (image_wh - 1) / 2
    linear = from_norm[:, None] * matrix[:, :2] * to_norm
    offset = from_norm * (matrix[:, 2] - matrix[:, :2].sum(axis=1) + 1)
    # And on to the frame's, whose edges, not centres, coincide with those of the image.
    linear, offset = (
        linear * (frame_wh / image_wh)[:, None],
        (offset + 0.5) * frame_wh / image_wh - 0.5,
    )
    crop_w, crop_h = (int(n) for n in crop_wh)
    outside = _outside(linear, offset, frame_wh, crop_w, crop_h)
    # Frame pixels per crop pixel, along each side of the frame.
    steps = np.abs(linear).max(axis=1)
    if (steps > 1).any():
        frame_bgr_u8, linear, offset = _reduced(frame_bgr_u8, linear, offset, crop_wh, np.maximum(steps, 1))
    transform = np.hstack([linear, offset[:, None]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    # Not black at once: the middle of a reduced border pixel lies further inside than that of the pixels it is made of.
    area = cv2.warpAffine(
        frame_bgr_u8, transform, (crop_w, crop_h), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    if outside is not None:
        area[outside] = 0
    return area


def _corners(linear, offset, crop_w, crop_h):
    """Where the middles of a crop's corner pixels lie in the frame: (2, 4)."""
    pixels = np.array([[0, 1, 0, 1], [0, 0, 1, 1]]) * np.array([[crop_w - 1], [crop_h - 1]])
    return linear @ pixels + offset[:, None]


def _outside(linear, offset, frame_wh, crop_w, crop_h):
    """Which pixels of a crop (h, w) lie beyond the frame; None if none does."""
    corners = _corners(linear, offset, crop_w, crop_h)
    if (corners >= -0.5).all() and (corners <= frame_wh[:, None] - 0.5).all():
        return None
    x, y = np.arange(crop_w), np.arange(crop_h)[:, None]
    across, down = (row[0] * x + row[1] * y + start for row, start in zip(linear, offset, strict=True))
    inside_x = (across >= -0.5) & (across <= frame_wh[0] - 0.5)
    return ~(inside_x & (down >= -0.5) & (down <= frame_wh[1] - 0.5))


def _reduced(frame, linear, offset, crop_wh, steps):
    """The part of the frame around the area, reduced by about `steps` along each side, and the transform into it."""
    corners = _corners(linear, offset, *crop_wh)
    frame_wh = np.array(frame.shape[1::-1])
    low = np.clip(np.floor(corners.min(axis=1) - steps), 0, frame_wh - 1).astype(int)
    high = np.clip(np.ceil(corners.max(axis=1) + steps) + 1, low + 1, frame_wh).astype(int)
    part = frame[low[1] : high[1], low[0] : high[0]]
    size = np.maximum(np.rint((high - low) / steps), 1).astype(int)
    per_pixel = (high - low) / size
    reduced = cv2.resize(part, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
    return reduced, linear / per_pixel[:, None], (offset - low + 0.5) / per_pixel - 0.5
