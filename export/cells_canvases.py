"""Canvases as the camera program makes them of pictures, for the export of a describer: those that settle its ranges."""

import cv2
import numpy as np

from edge_demo.model.layout.cells import CANVAS_CELLS, field_of
from edge_demo.model.layout.layout import CANVASES
from export.map_pictures import parted
from getnet_tf.data.picture import read_rgb


class ExportCanvases:
    """Canvases of the pictures of a folder.

    Args:
        folder: of pictures, at any depth.

    Raises:
        InputError: as `picture_files`.
    """

    noun, AT_ONCE = "canvases", 8

    def __init__(self, folder):
        self.settling_paths, self.compared_paths = parted(folder)

    def settling(self, batches):
        """Batches of `RebuiltCells.pair`, (8, 320, 320, 3) float32: a generator. If pictures run out, they come again turned."""
        canvases = self._canvases()
        for _ in range(batches):
            yield np.stack([next(canvases) for _ in range(self.AT_ONCE)])

    def compared(self, most):
        """Pictures (H, W, 3) uint8, BGR: a generator of at most `most`."""
        return (read_bgr(path) for path in self.compared_paths[:most])

    def _canvases(self):
        """One canvas after the other, of all that a picture is seen on; without end."""
        turn = 0
        while True:
            for path in self.settling_paths:
                yield from canvases_of(np.rot90(read_bgr(path), turn))
            turn += 1


def canvases_of(picture_bgr_u8):
    """All that the search sees of a picture (H, W, 3) uint8: list of (320, 320, 3) float32, RGB in [0, 1]."""
    canvases = []

    def see(canvas):
        canvases.append(canvas)
        return np.zeros((CANVAS_CELLS, CANVAS_CELLS, 1), np.float32)

    for count in CANVASES:
        field_of(picture_bgr_u8, count, see)
    return canvases


def read_bgr(path):
    """A picture file as a camera would give it: (H, W, 3) uint8."""
    return cv2.cvtColor(read_rgb(path), cv2.COLOR_RGB2BGR)
