"""A model that tells cells by their colour alone, and a thing of many colours, which looks otherwise in every size and turn.

`colours` is what its signature `cells` answers: of each cell of 16 pixels the mean (R, G, B) less the gray of an empty canvas. Gray is
like nothing, a colour like itself.

`twins` searches for kinds as `spots` does, by the mean colour, and tells such cells, too. To it a thing of reddish patches and its
twin, the same patches in another order, are of one kind.
"""

import dataclasses
import functools

import numpy as np
from edge_model import PALETTE, SPOTS, converted, spots_functions

from edge_demo.model import metadata
from edge_demo.model.layout.cells import CANVAS_PX, CELL_PX, EMPTY
from edge_demo.model.unit_cells import unit_cells

GRAY = 127
PATCHES = np.random.default_rng(0).integers(0, 256, (5, 5, 3), np.uint8)
_SHIFTED = np.add(np.random.default_rng(3).integers(0, 256, (5, 5, 3)), (-70, -70, 70))  # blue, green, red
REDDISH = np.clip(_SHIFTED, 0, 255).astype(np.uint8)
OTHER_ORDER = np.random.default_rng(4).permutation(REDDISH.reshape(-1, 3)).reshape(5, 5, 3)
# Of such coarse cells even a place half as large again has a cosine of 0.9994.
DECISION = {"cells": 3000.0, "colour": 4.0, "kind": 1.0, "bias": -2996.0}
TWINS_DECISION = {**DECISION, "cells": 400.0, "bias": -397.0}  # and a twin has 0.99


def colours(image):
    """(..., 16 h, 16 w, 3) float -> (..., h, w, 3)."""
    *batch, height, width, _ = image.shape
    parts = image.reshape(*batch, height // CELL_PX, CELL_PX, width // CELL_PX, CELL_PX, 3)
    return parts.mean(axis=(-4, -2)) - EMPTY


def see(canvas):
    """As a `CellReader` of such a file."""
    return unit_cells(colours(canvas))


def embed(picture_bgr_u8):
    """What such a model says of a picture as a whole: the mean (B, G, R), in [0, 1]."""
    return picture_bgr_u8.mean(axis=(0, 1)) / 255


def thing(side, quarters=0, patches=PATCHES):
    """Five by five patches, (side, side, 3), turned clockwise by quarters of a circle; `side` is a multiple of 5."""
    patch = side // len(patches)
    return np.ascontiguousarray(np.rot90(patches, -quarters).repeat(patch, axis=0).repeat(patch, axis=1))


def reddish(side=80):
    """A thing that `twins` knows from its twin."""
    return thing(side, patches=REDDISH)


def twin(side=80):
    """One like it."""
    return thing(side, patches=OTHER_ORDER)


def mistaken(side=80):
    """One more like it, of whose patches two have changed places: `twins` takes it for the thing, until it is told otherwise."""
    patches = REDDISH.reshape(-1, 3).copy()
    patches[:2] = patches[1::-1]
    return thing(side, patches=patches.reshape(REDDISH.shape))


def frame(*things, hw=(CANVAS_PX, CANVAS_PX)):
    """A gray frame with (picture, (left, top)) on it."""
    bgr_u8 = np.full((*hw, 3), GRAY, np.uint8)
    for picture, (left, top) in things:
        bgr_u8[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return bgr_u8


def write_colours(path):
    """A model file that tells such cells and nothing else."""
    path.write_bytes(_colours_flatbuffer())
    metadata.append(path, dataclasses.replace(PALETTE, layout=DECISION))
    return path


def write_twins(path):
    """A model file that finds a kind and tells this one from others of it.

    Reddish patches are at most 0.06 from their mean, gray is 0.59 from it. The layout's logit is 2 to 3 of the thing itself, and -1 to -4
    of its twin.
    """
    path.write_bytes(_twins_flatbuffer())
    changes = {"threshold": 0.25, "score_curve": {"distance": [0.0, 0.25, 0.5], "score": [1.0, 0.5, 0.0]}}
    metadata.append(path, dataclasses.replace(SPOTS, layout=TWINS_DECISION, **changes))
    return path


@functools.cache
def _colours_flatbuffer():
    import tensorflow as tf

    return converted(tf.Module(), {"cells": _cells_function()})


@functools.cache
def _twins_flatbuffer():
    import tensorflow as tf

    return converted(tf.Module(), {**spots_functions(), "cells": _cells_function()})


def _cells_function():
    import tensorflow as tf

    image = tf.TensorSpec((1, CANVAS_PX, CANVAS_PX, 3), tf.float32, name="image")
    mean = tf.function(lambda image: {"cells": tf.nn.avg_pool2d(image, CELL_PX, CELL_PX, "VALID") - EMPTY})
    return mean.get_concrete_function(image=image)
