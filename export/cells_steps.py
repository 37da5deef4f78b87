"""The parts of a describer, or of a teller, as models of tf_keras, under fake quantization or not, and as the function of a file."""

import tf_keras

from edge_demo.model.layout.cells import CELLS, TELL
from export import quantize
from export.convert import converted_models
from export.signatures import function_of
from getnet_tf.backbones import efficientnet_lite0
from getnet_tf.individuals import network
from getnet_tf.individuals.telling import network as telling


class RebuiltCells:
    """A trained describer, its parts built a second time. Its cells have any length: who compares them knows what to do.

    Args:
        describer: `getnet_tf.individuals.network.Describer`.
        quantized: put fake quantization into every convolution; the ranges are not settled yet.
    """

    name = CELLS  # of the signature
    build_parts = staticmethod(network.build_parts)

    def __init__(self, describer, quantized):
        self.image_hw = describer.image_hw
        parts = self.build_parts(describer.image_hw, describer.dim, keras=tf_keras)
        self.parts = quantize.rebuilt_parts(describer, parts, quantized)

    def __call__(self, images, training=False):
        x = efficientnet_lite0.normalize(images)
        for part in self.parts.values():  # each goes on where the one before ends
            x = part(x, training=training)
        return x

    def pair(self, images, training):
        """Runs all parts on images (B, H, W, 3), for the ranges to follow where they train."""
        return self(images, training)


class RebuiltTelling(RebuiltCells):
    """The same of a trained teller, `getnet_tf.individuals.telling.network.Teller`."""

    name = TELL
    build_parts = staticmethod(telling.build_parts)


def to_flatbuffer(steps, variant):
    """Converts a describer or a teller.

    Args:
        steps: `RebuiltCells` or `RebuiltTelling`, float or, for a variant that is emulated, with settled ranges.
        variant: `Variant`.

    Returns:
        bytes, with the signature of `edge_demo.model.layout.cells`.
    """
    function = function_of(lambda image: {"cells": steps(image)}, {"image": (*steps.image_hw, 3)})
    return converted_models(steps.parts.values(), {steps.name: function}, variant)
