"""A coder by hand, and folders of plain pictures: a code is the mean colour at length 1, its regions are the left and the right half."""

import cv2
import numpy as np

from getnet_tf.retrieval.coder import Codes
from getnet_tf.retrieval.unit import unit

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


class Colours:
    """As `Coder`.

    Args:
        regions: whether both halves have codes of their own.
        fingerprint: of another model, if it is another.
        stop: pictures after which it is interrupted, as by a kill; None: never.
    """

    dim, head = 3, "mean"

    def __init__(self, regions=False, fingerprint="c01025", stop=None):
        self.regions, self.fingerprint, self.seen, self._stop = regions, fingerprint, 0, stop

    def __call__(self, picture_rgb_u8):
        if self.seen == self._stop:
            raise KeyboardInterrupt
        self.seen += 1
        height, width = picture_rgb_u8.shape[:2]
        half = width // 2
        parts = [picture_rgb_u8[:, :half], picture_rgb_u8[:, half:]] if self.regions else []
        boxes_px = [[0, 0, half, height], [half, 0, width, height]] if self.regions else []
        return Codes(
            mean_colour(picture_rgb_u8),
            np.array([mean_colour(part) for part in parts], np.float32).reshape(-1, 3),
            np.array(boxes_px, np.float32).reshape(-1, 4),
        )


def mean_colour(picture):
    return unit(picture.reshape(-1, 3).mean(axis=0)).astype(np.float32)


def opened(coder):
    """What takes the place of `open_coder`."""
    return lambda model=None, head=None, regions=False, whitening=None: coder


def write(path, left, right=None):
    """A picture of 16x10 pixels, of one colour (R, G, B) or two halves."""
    picture = np.zeros((10, 16, 3), np.uint8)
    picture[:, :8], picture[:, 8:] = left, left if right is None else right
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture[:, :, ::-1])
    return path


def write_photos(folder):
    """Five: a red, a green and a blue one, one half red and half green, and one that is damaged."""
    write(folder / "a/red.png", RED)
    write(folder / "a/half.png", RED, GREEN)
    write(folder / "b/green.png", GREEN)
    write(folder / "b/blue.png", BLUE)
    (folder / "b/broken.jpg").write_bytes(b"\xff\xd8 cut")
    return folder
