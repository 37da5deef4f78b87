"""A describer on the camera program's own path, as its file will be."""

from edge_demo.model.layout.cells import CellReader
from getnet_tf.evaluation.keras_matcher import in_numpy


class Twin(CellReader):
    """The camera program's reader of cells with a describer in place of a file.

    Args:
        describer: (B, 320, 320, 3) -> (B, 20, 20, D), of any length: a `Describer` or what is made of one.
    """

    def __init__(self, describer):
        self._cells = in_numpy(lambda image: {"cells": describer(image)})
