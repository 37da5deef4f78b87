"""Patches of no class: random textures, pieces of backgrounds and flat colours, as rectangles or blobs."""

import cv2
import numpy as np

PATCH_PX = 96  # side of a patch before it is resized for its scene


def patch(background, rng):
    """One thing that is nothing in particular.

    Args:
        background: (H, W, 3) uint8, where pieces are cut from.
        rng: `numpy.random.Generator`.

    Returns:
        picture (96, 96, 3) uint8, and alpha (96, 96) float32 or None for a rectangle.
    """
    fill = (_piece, _piece, _cloud, _stripes, _flat)[rng.integers(5)]
    picture = fill(background, rng)
    return picture, (_blob(rng) if rng.random() < 0.6 else None)


def piece_of(picture, least_share, wh, rng):
    """A random rectangle of a picture, each side at least `least_share` of the picture's, resized to `wh` pixels."""
    height, width = picture.shape[:2]
    w, h = (
        max(1, round(n * share))
        for n, share in zip((width, height), rng.uniform(least_share, 1, 2), strict=True)
    )
    x, y = rng.integers(width - w + 1), rng.integers(height - h + 1)
    return resized(picture[y : y + h, x : x + w], wh)


def resized(picture, wh):
    """`picture` at (width, height) pixels: averaged where it shrinks, linear where it grows."""
    shrinks = wh[0] < picture.shape[1] or wh[1] < picture.shape[0]
    return cv2.resize(picture, wh, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def _piece(background, rng):
    return piece_of(background, 0.15, (PATCH_PX, PATCH_PX), rng)


def _cloud(_, rng):
    """Two colours, mixed by noise of one random scale."""
    cells = int(rng.integers(2, 33))
    noise = cv2.resize(
        rng.random((cells, cells), dtype=np.float32), (PATCH_PX, PATCH_PX), interpolation=cv2.INTER_CUBIC
    )
    return _mixed(np.clip(noise, 0, 1), rng)


def _stripes(_, rng):
    """Stripes, or a checkered pattern, of random direction, period and sharpness."""
    angle_rad, period_px, sharp = rng.uniform(0, np.pi), rng.uniform(5, 40), rng.uniform(0.5, 6)
    y, x = np.indices((PATCH_PX, PATCH_PX)) * (2 * np.pi / period_px)
    wave = np.sin(x * np.cos(angle_rad) + y * np.sin(angle_rad))
    if rng.random() < 0.4:
        wave = wave * np.sin(y * np.cos(angle_rad) - x * np.sin(angle_rad))
    return _mixed(np.clip(wave * sharp + 0.5, 0, 1).astype(np.float32), rng)


def _flat(_, rng):
    """One colour that fades into another across the patch."""
    ramp = np.linspace(0, 1, PATCH_PX, dtype=np.float32) * np.float32(rng.uniform(0, 0.5))
    return _mixed(np.tile(ramp, (PATCH_PX, 1)), rng)


def _mixed(weight, rng):
    colours = rng.uniform(0, 255, (2, 3)).astype(np.float32)
    return np.rint(colours[0] + weight[..., None] * (colours[1] - colours[0])).astype(np.uint8)


def _blob(rng):
    """A smooth closed outline around the middle: radius as a sum of a few waves around the circle."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    waves = np.arange(1, 6)
    phase, height = rng.uniform(0, 2 * np.pi, 5), rng.uniform(0, 0.5, 5) / waves
    radius = 1 + (height[:, None] * np.sin(waves[:, None] * angle + phase[:, None])).sum(axis=0)
    radius *= 0.48 * PATCH_PX / radius.max()
    outline = np.stack([np.cos(angle), np.sin(angle)], axis=-1) * radius[:, None] + PATCH_PX / 2
    alpha = np.zeros((PATCH_PX, PATCH_PX), np.uint8)
    cv2.fillPoly(alpha, [np.rint(outline).astype(np.int32)], 255)
    return alpha.astype(np.float32) / np.float32(255)
