"""A camera without a camera: a handwritten digit drifts through noise, and at times another takes its place.

The scenes are made like the distorted digits of GetNet IV-A, a 28x28 digit on 60x60 of noise, but from
strokes of our own instead of a data set: a model trained on those has something to find on any machine.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import cv2
import numpy as np

from edge_demo.camera.clock import Clock
from edge_demo.camera.frames import Opening
from edge_demo.camera.stepped import SteppedSource

NAME = "sim"
FPS = 30.0
DIGIT_PX = 28  # as in MNIST, where the ink fills a box of 20 in the middle
INK_PX = 20
SCENE_PX = 60
NOISE = 0.3  # of full brightness
ENLARGEMENT = 8  # of the scene to the frame, so that a person can see it
SECONDS_PER_DIGIT = 4.0
REFERENCE_MARGIN_PX = 2

_SUBPIXELS = 8  # the ink is drawn this much larger and averaged down: soft edges, smooth motion

# Pen strokes through (x, y) in hundredths of the height, x right and y down; rounded before they are drawn.
_STROKES = {
    0: [[(40, 0), (12, 8), (0, 50), (10, 92), (35, 100), (60, 88), (70, 45), (55, 5), (34, 0)]],
    1: [[(30, 0), (22, 50), (15, 100)]],
    2: [[(3, 25), (10, 3), (45, -5), (65, 20), (50, 55), (20, 85), (0, 100), (10, 95), (40, 95), (70, 100)]],
    3: [[(5, 8), (35, -5), (65, 10), (60, 38), (22, 47), (25, 46), (65, 52), (72, 85), (40, 105), (0, 92)]],
    4: [[(8, 0), (2, 30), (0, 58), (20, 60), (62, 52)], [(62, 5), (58, 50), (52, 100)]],
    5: [[(68, 0), (45, 3), (18, 3), (15, 6), (10, 42), (12, 45), (45, 35), (70, 60), (55, 100), (20, 105),
         (0, 90)]],
    6: [[(50, 0), (25, 18), (3, 60), (8, 98), (42, 105), (65, 80), (50, 50), (22, 58), (8, 82)]],
    7: [[(0, 6), (30, 4), (62, 0), (66, 4), (50, 35), (32, 65), (22, 100)]],
    8: [[(60, 12), (40, -5), (8, 5), (10, 32), (35, 50), (62, 72), (55, 102), (15, 102), (8, 72),
         (35, 48), (58, 30), (60, 10)]],
    9: [[(58, 12), (35, -3), (5, 8), (3, 38), (32, 50), (55, 30), (60, 8), (58, 45), (48, 100)]],
}  # fmt: skip


class SimSource(SteppedSource):
    """Its frames, which never end."""

    kind = f"{NAME} (a drifting digit that we draw)"

    def __init__(self, seed: int, pace: Clock | None = None):
        super().__init__(FPS, pace)
        self._camera = SimCamera(seed)

    @classmethod
    def named(cls, text: str, opening: Opening) -> SimSource | None:
        return cls(opening.seed, opening.pace) if text == NAME else None

    def _pictures(self) -> Iterator[np.ndarray]:
        return (self._camera.frame(index) for index in itertools.count())


class SimCamera:
    """Frames of a drifting digit; any frame can be asked for, and the same seed gives the same frames.

    Args:
        seed: chooses the two digits, their handwriting, their path and the noise.
    """

    def __init__(self, seed: int = 0):
        rng = np.random.default_rng(seed)
        self._seed = seed
        self._digits = tuple(int(digit) for digit in rng.choice(10, size=2, replace=False))
        self._handwritings = [handwriting(digit, rng) for digit in self._digits]
        self._phases = rng.uniform(0, 2 * np.pi, size=2)

    @property
    def target(self) -> int:
        """The digit to look for: it shows first, and in every other turn after."""
        return self._digits[0]

    def digit(self, index: int) -> int:
        """The digit that frame `index` shows."""
        return self._digits[self._turn(index)]

    def frame(self, index: int) -> np.ndarray:
        """Frame `index`: (480, 480, 3) uint8, BGR."""
        strokes, pen_px = self._handwritings[self._turn(index)]
        seconds = index / FPS
        # Two slow waves of unlike periods: the path stays inside the scene and takes minutes to repeat.
        waves = np.sin(2 * np.pi * seconds / np.array([7.0, 5.3]) + self._phases)
        corner_px = (SCENE_PX - DIGIT_PX) / 2 * (1 + waves)
        ink = drawn([stroke + corner_px for stroke in strokes], pen_px, SCENE_PX)
        noise = np.random.default_rng((self._seed, index)).uniform(0, NOISE, ink.shape)
        return _enlarged(np.clip(ink + noise, 0, 1))

    def _turn(self, index: int) -> int:
        return int(index / FPS / SECONDS_PER_DIGIT) % 2


def reference_picture(digit: int, seed: int = 0) -> np.ndarray:
    """A clean picture of a digit, cut close to the ink, in other handwriting than the camera's.

    Returns:
        (height, width, 3) uint8, BGR.
    """
    rng = np.random.default_rng((seed, digit))
    ink = drawn(*handwriting(digit, rng), DIGIT_PX)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    margin = REFERENCE_MARGIN_PX
    return _enlarged(
        ink[rows[0] - margin : rows[-1] + 1 + margin, columns[0] - margin : columns[-1] + 1 + margin]
    )


def handwriting(digit: int, rng: np.random.Generator) -> tuple[list[np.ndarray], float]:
    """Writes a digit by an unsteady hand.

    Returns:
        The strokes, each (N, 2), and the pen's width, in pixels; the ink is centred in the middle 20 of 28.
    """
    pen_px = rng.uniform(2.2, 3.2)
    angle_rad, slant, width = rng.normal(0, 0.08), rng.normal(0.05, 0.12), rng.uniform(0.85, 1.15)
    turn = np.array([[np.cos(angle_rad), -np.sin(angle_rad)], [np.sin(angle_rad), np.cos(angle_rad)]])
    lean = np.array([[width, -slant], [0, 1]])  # x falls with y: the top leans right
    strokes = []
    for points in _STROKES[digit]:
        shaken = np.array(points) + rng.normal(0, 1.5, (len(points), 2))
        strokes.append(_rounded(shaken @ (turn @ lean).T))
    everything = np.concatenate(strokes)
    low, high = everything.min(axis=0), everything.max(axis=0)
    scale = (INK_PX - pen_px) / (high - low).max()
    return [(stroke - (low + high) / 2) * scale + DIGIT_PX / 2 for stroke in strokes], pen_px


def drawn(strokes: list[np.ndarray], pen_px: float, size_px: int) -> np.ndarray:
    """Draws strokes, each (N, 2) in pixels where pixel i covers [i, i + 1).

    Returns:
        (size_px, size_px) float in [0, 1], soft at the edges.
    """
    fine = np.zeros((size_px * _SUBPIXELS,) * 2, np.uint8)
    for stroke in strokes:
        points = np.round(stroke * _SUBPIXELS - 0.5).astype(np.int32)
        cv2.polylines(fine, [points], isClosed=False, color=255, thickness=round(pen_px * _SUBPIXELS))
    return fine.reshape(size_px, _SUBPIXELS, size_px, _SUBPIXELS).mean(axis=(1, 3)) / 255


def _rounded(points: np.ndarray) -> np.ndarray:
    """Cuts corners, three times, and keeps the ends. Source: Chaikin 1974, quarter points of each side."""
    for _ in range(3):
        sides = np.stack(
            [0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]], axis=1
        )
        points = np.concatenate([points[:1], sides.reshape(-1, 2), points[-1:]])
    return points


def _enlarged(scene: np.ndarray) -> np.ndarray:
    """A gray scene in [0, 1] as a BGR frame, each pixel a square."""
    gray_u8 = np.round(scene * 255).astype(np.uint8)
    return np.repeat(np.repeat(gray_u8, ENLARGEMENT, axis=0), ENLARGEMENT, axis=1)[:, :, None].repeat(
        3, axis=2
    )
