"""An aligner whose answers are given, and a tiny real model file that aligns everything in the same way.

`write_lying`: RGB, locates nothing, so that every box is the whole frame, and knows a picture by its mean (R, G, B), whose distance may
be 0.25. Whatever it was shown lies in the middle half of the area, turned clockwise by a quarter; bent, also a sixteenth of the image
further left. A and B fit if their means are less than 0.125 apart: the confidence is 1 - 8 |mean A - mean B|, summed over the
channels.
"""

import dataclasses
import functools
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from edge_model import CROP_HW, IMAGE_HW, PALETTE, converted

from edge_demo.model import metadata
from edge_demo.model.alignment.aligner import Laid
from edge_demo.model.alignment.placement import Placement
from edge_demo.model.alignment.turns import TURNS

HW = (9, 9)  # of what the aligner sees
# What B shows at (x, y), A shows at (2y, -2x): A's upper left corner is B's upper right one.
QUARTER = np.array([0, 2, 0, -2, 0, 0], np.float32)
SMALLER = np.array([2, 0, 0, 0, 2, 0], np.float32)  # A is the middle half of B, upright
LEFT = np.repeat(
    np.float32([0.125, 0]), 9
)  # a spline that reads an eighth further right, so A lies further left

TURNED = [(30, 6), (30, 18), (10, 18), (10, 6)]  # the outline of `write_lying` in a frame of 40 x 24

LYING = dataclasses.replace(
    PALETTE,
    decision="distance",
    threshold=0.25,
    score_curve={"distance": [0.0, 0.5], "score": [1.0, 0.0]},
)


class Lays:
    """Lays everything in one way, and says so surely or not."""

    def __init__(self, affine=SMALLER, confidence=1.0, tps=None):
        self.affine, self.confidence = affine, confidence
        self.tps = np.zeros(18) if tps is None else tps
        self.areas = []

    def shape(self, picture_bgr_u8):
        return SimpleNamespace(hw=picture_bgr_u8.shape[:2])

    def laid(self, shape, area_bgr_u8, way="affine"):
        self.areas.append(area_bgr_u8)
        thetas = {"affine": self.affine, "tps": self.tps}
        return Laid(Placement(thetas, way, shape.hw, area_bgr_u8.shape[:2], HW), self.confidence)


def stripes(level=200, hw=(24, 40)):
    """A picture (H, W, 3) of which every other column is bright."""
    bgr_u8 = np.zeros((*hw, 3), np.uint8)
    bgr_u8[:, ::2] = level
    return bgr_u8


def write_lying(path: Path) -> Path:
    path.write_bytes(_lying_flatbuffer())
    metadata.append(path, LYING)
    return path


@functools.cache
def _lying_flatbuffer() -> bytes:
    import tensorflow as tf

    def mean(image):
        return tf.reduce_mean(image, axis=(1, 2))

    def embedding(image):
        return {"embedding": mean(image)}

    def see(image):
        return {"maps": tf.nn.avg_pool2d(image, 3, 3, "VALID")}

    def confidence(a, b):
        return 1 - 8 * tf.reduce_sum(tf.abs(mean(a)[:1] - mean(b)), axis=1, keepdims=True)

    def align(turns, maps):
        return {
            "affine": tf.constant(np.tile(QUARTER, (TURNS, 1))) + 0 * tf.reduce_sum(maps),
            "fit": tf.tile(confidence(turns, maps), (1, TURNS)),
        }

    def bend(laid, maps):
        return {"tps": tf.constant(LEFT[None]) + 0 * (tf.reduce_sum(laid) + tf.reduce_sum(maps))}

    def function(of, **shapes):
        specs = {name: tf.TensorSpec(shape, tf.float32, name=name) for name, shape in shapes.items()}
        return tf.function(of).get_concrete_function(**specs)

    maps = (1, 3, 3, 3)
    functions = {
        "find": function(embedding, image=(1, *IMAGE_HW, 3)),
        "describe": function(embedding, image=(1, *CROP_HW, 3)),
        "align_see": function(see, image=(1, *HW, 3)),
        "align": function(align, turns=(TURNS, 3, 3, 3), maps=maps),
        "bend": function(bend, laid=maps, maps=maps),
    }
    return converted(tf.Module(), functions)
