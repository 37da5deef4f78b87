"""What makes the codes of pictures, as models of tf_keras, under fake quantization or not, and as the function of a file."""

import tf_keras
from keras import ops

from export import quantize
from export.convert import converted_models
from export.signatures import function_of
from getnet_tf.backbones import efficientnet_lite0
from getnet_tf.retrieval.file_maps import CODE, MAPS
from getnet_tf.retrieval.heads import HEADS


class RebuiltMaps:
    """The backbone of a `CodeNetwork`, built a second time.

    Args:
        network: `getnet_tf.retrieval.network.CodeNetwork`.
        quantized: put fake quantization into every convolution; the ranges are not settled yet.
    """

    def __init__(self, network, quantized):
        self.image_hw = network.image_hw
        parts = {
            "trunk": efficientnet_lite0.build_trunk(network.image_hw, tf_keras),
            "top": efficientnet_lite0.build_top(network.trunk.output_shape[1:3], tf_keras),
        }
        self.parts = quantize.rebuilt_parts(network, parts, quantized)

    def maps(self, images, training=False):
        """What the backbone sees: (B, h, w, K)."""
        seen = self.parts["trunk"](efficientnet_lite0.normalize(images), training=training)
        return self.parts["top"](seen, training=training)

    def pair(self, images, training):
        """Runs both parts on images (B, H, W, 3), for the ranges to follow where they train."""
        return self.maps(images, training)


def to_flatbuffer(steps, variant):
    """Converts it.

    Args:
        steps: `RebuiltMaps`, float or, for a variant that is emulated, with settled ranges.
        variant: `Variant`.

    Returns:
        bytes, with the signature of `getnet_tf.retrieval.file_maps`. The heads compute in float.
    """

    def code(image):
        maps = steps.maps(image)
        return {MAPS: maps, **{name: head(maps, ops) for name, head in HEADS.items()}}

    function = function_of(code, {"image": (*steps.image_hw, 3)})
    return converted_models(steps.parts.values(), {CODE: function}, variant)
