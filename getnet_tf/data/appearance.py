"""What light and camera do to a picture: every change grows with `strength`, and strength 0 changes no pixel."""

import cv2
import numpy as np

LUMA = np.array([0.299, 0.587, 0.114])
BLUR_PX = 2.5  # standard deviation of the strongest focus blur
MOTION_PX = 11  # length of the longest motion blur
NOISE_LEVELS = 12.0  # standard deviation of the strongest grain, grey levels of 255


def relit(picture, strength, rng):
    """Other light: brightness, contrast, gamma, saturation and the balance of colours.

    Args:
        picture: (H, W, 3) uint8, RGB.
        strength: 0 to 1; at 1 brightness varies from 0.6 to 1.65 times, before gamma and contrast.
        rng: `numpy.random.Generator`.

    Returns:
        (H, W, 3) uint8, a new array.
    """
    gain, gamma, contrast = np.exp(strength * rng.uniform([-0.5, -0.5, -0.4], [0.5, 0.5, 0.4]))
    balance = np.exp(strength * rng.uniform(-0.2, 0.2, 3))
    saturation = 1 + strength * rng.uniform(-0.6, 0.4)
    level = (np.arange(256) / 255) ** gamma
    level = ((level - 0.5) * contrast + 0.5)[:, None] * gain * balance
    table = np.clip(np.rint(level * 255), 0, 255).astype(np.uint8)[None]  # (1, 256, 3)
    mixed = cv2.transform(picture, saturation * np.eye(3) + (1 - saturation) * LUMA)
    return cv2.LUT(mixed, table)


def blurred(picture, strength, rng):
    """Out of focus or moved, each in a quarter of all pictures at strength 1: (H, W, 3) uint8 -> the same."""
    kind, amount, angle_rad = rng.random(), rng.uniform(0.2, 1), rng.uniform(0, np.pi)
    if kind < 0.25 * strength:
        return cv2.GaussianBlur(picture, (0, 0), BLUR_PX * amount)
    if kind < 0.5 * strength:
        return cv2.filter2D(picture, -1, _motion_kernel(3 + amount * (MOTION_PX - 3), angle_rad))
    return picture


def grainy(picture, strength, rng):
    """Grain of a random amount, the same in all channels: (H, W, 3) uint8 -> (H, W, 3) uint8."""
    deviation = np.float32(NOISE_LEVELS * strength * rng.random())
    noise = rng.standard_normal(picture.shape[:2], dtype=np.float32) * deviation
    return np.clip(np.rint(picture + noise[..., None]), 0, 255).astype(np.uint8)


def harmonised(picture, solid, towards, amount):
    """Moves the colours of an object towards those of where it will lie.

    Args:
        picture: (H, W, 3) uint8.
        solid: (H, W) bool, where the object is.
        towards: (h, w, 3) uint8, the surroundings.
        amount: 0 leaves it alone, 1 gives it the surroundings' mean and, within bounds, their spread in each channel.

    Returns:
        (H, W, 3) float32, not clipped.
    """
    moved = picture.astype(np.float32)
    if not solid.any() or not amount:
        return moved
    mean, spread = (n.ravel() for n in cv2.meanStdDev(picture, mask=solid.astype(np.uint8)))
    target_mean, target_spread = (n.ravel() for n in cv2.meanStdDev(towards))
    # A flat surface may dim an object, not erase it.
    gain = 1 + amount * (np.clip(target_spread / np.maximum(spread, 1), 0.6, 1.6) - 1)
    shift = mean * (1 - gain) + amount * (target_mean - mean)
    return moved * gain.astype(np.float32) + shift.astype(np.float32)


def _motion_kernel(length_px, angle_rad):
    half = int(np.ceil(length_px / 2))
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    reach = np.array([np.cos(angle_rad), np.sin(angle_rad)]) * length_px / 2
    start, end = np.rint(half - reach).astype(int), np.rint(half + reach).astype(int)
    cv2.line(kernel, tuple(map(int, start)), tuple(map(int, end)), 1.0)
    return kernel / kernel.sum()
