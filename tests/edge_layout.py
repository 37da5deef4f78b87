"""A model that tells cells by their colour alone, and a thing of many colours, which looks otherwise in every size and turn.

`colours` is what its signature `cells` answers: of each cell of 16 pixels the mean (R, G, B) less the gray of an empty canvas. Gray is
like nothing, a colour like itself.
"""

import dataclasses
import functools

import numpy as np
from edge_model import PALETTE, converted

from edge_demo.model import metadata
from edge_demo.model.layout.cells import CANVAS_PX, CELL_PX, EMPTY
from edge_demo.model.unit_cells import unit_cells

GRAY = 127
PATCHES = np.random.default_rng(0).integers(0, 256, (5, 5, 3), np.uint8)
DECISION = {"cells": 20.0, "colour": 2.0, "lightness": 0.5, "bias": -10.0}


def colours(image):
    """(..., 16 h, 16 w, 3) float -> (..., h, w, 3)."""
    *batch, height, width, _ = image.shape
    parts = image.reshape(*batch, height // CELL_PX, CELL_PX, width // CELL_PX, CELL_PX, 3)
    return parts.mean(axis=(-4, -2)) - EMPTY


def see(canvas):
    """As a `CellReader` of such a file."""
    return unit_cells(colours(canvas))


def thing(side, quarters=0):
    """Five by five patches, (side, side, 3), turned clockwise by quarters of a circle; `side` is a multiple of 5."""
    patch = side // len(PATCHES)
    return np.ascontiguousarray(np.rot90(PATCHES, -quarters).repeat(patch, axis=0).repeat(patch, axis=1))


def frame(*things, hw=(CANVAS_PX, CANVAS_PX)):
    """A gray frame with (picture, (left, top)) on it."""
    bgr_u8 = np.full((*hw, 3), GRAY, np.uint8)
    for picture, (left, top) in things:
        bgr_u8[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return bgr_u8


def write_colours(path, decision=DECISION):
    """A model file that tells such cells and nothing else."""
    path.write_bytes(_colours_flatbuffer())
    metadata.append(path, dataclasses.replace(PALETTE, layout=decision))
    return path


@functools.cache
def _colours_flatbuffer():
    import tensorflow as tf

    image = tf.TensorSpec((1, CANVAS_PX, CANVAS_PX, 3), tf.float32, name="image")
    mean = tf.function(lambda image: {"cells": tf.nn.avg_pool2d(image, CELL_PX, CELL_PX, "VALID") - EMPTY})
    return converted(tf.Module(), {"cells": mean.get_concrete_function(image=image)})
