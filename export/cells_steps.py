"""A describer's two parts as models of tf_keras, under fake quantization or not, and as the function of a file."""

import tf_keras

from edge_demo.model.layout.cells import CELLS
from export import quantize
from export.convert import converted_models
from export.signatures import function_of
from getnet_tf.backbones import efficientnet_lite0
from getnet_tf.individuals.network import build_parts


class RebuiltCells:
    """A trained describer, its parts built a second time. Its cells have any length: who compares them knows what to do.

    Args:
        describer: `getnet_tf.individuals.network.Describer`.
        quantized: put fake quantization into every convolution; the ranges are not settled yet.
    """

    def __init__(self, describer, quantized):
        self.image_hw = describer.image_hw
        parts = build_parts(describer.image_hw, describer.dim, keras=tf_keras)
        self.parts = quantize.rebuilt_parts(describer, parts, quantized)

    def __call__(self, images, training=False):
        maps = self.parts["trunk"](efficientnet_lite0.normalize(images), training=training)
        return self.parts["cells"](maps, training=training)

    def pair(self, images, training):
        """Runs both parts on images (B, H, W, 3), for the ranges to follow where they train."""
        return self(images, training)


def to_flatbuffer(steps, variant):
    """Converts a describer.

    Args:
        steps: `RebuiltCells`, float or, for a variant that is emulated, with settled ranges.
        variant: `Variant`.

    Returns:
        bytes, with the signature of `edge_demo.model.layout.cells`.
    """
    function = function_of(lambda image: {"cells": steps(image)}, {"image": (*steps.image_hw, 3)})
    return converted_models(steps.parts.values(), {CELLS: function}, variant)
