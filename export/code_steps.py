"""What makes the codes of pictures, as models of tf_keras, under fake quantization or not, and as the function of a file."""

import tf_keras
from keras import ops

from export import quantize
from export.convert import converted_models
from export.signatures import function_of
from getnet_tf.retrieval.file_maps import CODE, MAPS
from getnet_tf.retrieval.heads import HEADS


class RebuiltMaps:
    """The parts of a `NetworkMaps`, built a second time.

    Args:
        network: `getnet_tf.retrieval.network_maps.NetworkMaps`.
        quantized: put fake quantization into every convolution; the ranges are not settled yet.
    """

    def __init__(self, network, quantized):
        self.image_hw, self.layers = network.image_hw, network.backbone.layers
        map_hw = network.trunk.compute_output_shape((1, *network.image_hw, 3))[1:3]
        parts = {
            "trunk": self.layers.build_trunk(network.image_hw, tf_keras),
            "top": self.layers.build_top(map_hw, tf_keras),
        }
        self.parts = quantize.rebuilt_parts(network, parts, quantized)

    def __call__(self, images, training=False):
        maps = self.parts["trunk"](self.layers.normalize(images), training=training)
        return self.parts["top"](maps, training=training)

    def pair(self, images, training):
        """Runs both parts on images (B, H, W, 3), for the ranges to follow where they train."""
        return self(images, training)


def to_flatbuffer(steps, variant):
    """Converts it.

    Args:
        steps: `RebuiltMaps`, float or, for a variant that is emulated, with settled ranges.
        variant: `Variant`.

    Returns:
        bytes, with the signature of `getnet_tf.retrieval.file_maps`. The heads compute in float.
    """

    def code(image):
        maps = steps(image)
        return {MAPS: maps, **{name: head(maps, ops) for name, head in HEADS.items()}}

    function = function_of(code, {"image": (*steps.image_hw, 3)})
    return converted_models(steps.parts.values(), {CODE: function}, variant)
