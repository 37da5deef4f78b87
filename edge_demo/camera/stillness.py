"""Tells a camera that hangs on its last picture from one that looks at something still."""

from __future__ import annotations

import numpy as np

PATIENCE_S = 10.0
MOST_PATIENCE_S = 600.0
_STRIDE = 16  # of the few pixels that are compared first


class Stillness:
    """Watches for pictures that are equal to the last bit.

    A sensor's noise changes some pixel in nearly every picture, so a hung driver, or a bridge that repeats its
    last frame, stands out. Test patterns, screens and over-compressed streams are noiseless, too, though, and
    pixels cannot tell these from a hang; opening the camera again can. So the first suspicion comes after
    `PATIENCE_S`, and if the camera comes back with the same picture, each next one after twice the time, up to
    `MOST_PATIENCE_S`. A still picture thus costs a short gap ever more rarely, and a hang is never believed
    forever. Any change starts over.
    """

    def __init__(self):
        self._last_bgr_u8: np.ndarray | None = None
        self._since_s: float | None = None
        self._patience_s = PATIENCE_S

    def seen(self, picture_bgr_u8: np.ndarray, now_s: float) -> float:
        """Takes note of a picture, (H, W, 3) uint8, which nobody may change afterwards.

        Returns:
            For how many seconds the picture has been the same, once that is too long; else 0.0.
        """
        if self._last_bgr_u8 is None or not same(picture_bgr_u8, self._last_bgr_u8):
            self._last_bgr_u8, self._since_s, self._patience_s = picture_bgr_u8, now_s, PATIENCE_S
            return 0.0
        if self._since_s is None:
            self._since_s = now_s
        still_s = now_s - self._since_s
        if still_s < self._patience_s:
            return 0.0
        self._patience_s = min(2 * self._patience_s, MOST_PATIENCE_S)
        return still_s

    def reopened(self) -> None:
        """The camera was opened anew: the time counts from its next picture on."""
        self._since_s = None


def same(picture0: np.ndarray, picture1: np.ndarray) -> bool:
    """Whether two pictures are equal. Nearly free for pictures that aren't: a few pixels already differ."""
    if picture0.shape != picture1.shape:
        return False
    few = np.array_equal(picture0[::_STRIDE, ::_STRIDE], picture1[::_STRIDE, ::_STRIDE])
    return few and np.array_equal(picture0, picture1)
