"""Pairs of views of pictures, for the export of an aligner: those that settle its ranges, those that it is compared on."""

import numpy as np

from export.map_pictures import SEED, parted
from getnet_tf.alignment.warps import Views


class ExportPairs:
    """Views of the pictures of a folder.

    Args:
        folder: of pictures, at any depth.
        image_hw: (H, W) of a view, pixels; a square.

    Raises:
        InputError: as `picture_files`.
    """

    noun, AT_ONCE = "pairs", 4  # six pictures each

    def __init__(self, folder, image_hw):
        self.settling_paths, self.compared_paths = parted(folder)
        self.image_hw = image_hw

    def settling(self, batches):
        """Batches of `RebuiltSteps.pair`, float in [0, 1]: a generator. If pictures run out, they come again in other views."""
        paths, size = self.settling_paths, self.AT_ONCE
        rounds = 2 + batches * size // len(paths)
        affine, spline = (Views(paths, rounds, kind, self.image_hw, SEED) for kind in ("affine", "tps"))

        def views(numbers):
            for number in numbers:
                photo, view = number % len(paths), 1 + number // len(paths)
                shown, other = photo * rounds, photo * rounds + view
                yield affine(shown)["image"], affine(other)["image"], spline(other)["image"]

        for begin in range(0, batches * size, size):
            sides = zip(*views(range(begin, begin + size)), strict=True)
            images = (np.stack(side).astype(np.float32) / 255 for side in sides)
            yield dict(zip(("image_a", "affine_b", "spline_b"), images, strict=True))

    def compared(self, most):
        """Pairs (A, B), (h, w, 3) uint8, BGR, B in any quarter turn: a generator of at most `most`."""
        views = Views(self.compared_paths, 2, "affine", self.image_hw, SEED)
        for photo in range(min(most, len(self.compared_paths))):
            shown, other = (views(2 * photo + view)["image"] for view in (0, 1))
            yield shown[..., ::-1], np.rot90(other, photo % 4)[..., ::-1]
