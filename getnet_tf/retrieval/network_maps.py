"""What a network in TensorFlow sees of a picture: the map of its backbone's last layers, stride 32."""

import functools
import hashlib

import numpy as np

from getnet_tf.backbones import BACKBONES
from getnet_tf.console import start_tensorflow
from getnet_tf.errors import InputError
from getnet_tf.graph import graph_of

IMAGE_HW = (320, 320)  # (H, W) that a picture is stretched to where no training says otherwise, pixels


class NetworkMaps:
    """Sees pictures by a trunk and a top.

    Args:
        backbone: of `getnet_tf.backbones.BACKBONES`, a pretrained one.
        trunk, top: its two parts, with weights.
        image_hw: (H, W), pixels, that a picture is stretched to.

    Call arguments:
        images: (B, H, W, 3) float32, RGB in [0, 1].

    Returns:
        (B, H / 32, W / 32, K) float32, none below 0.
    """

    def __init__(self, backbone, trunk, top, image_hw):
        start_tensorflow()
        self.backbone, self.trunk, self.top, self.image_hw = backbone, trunk, top, tuple(image_hw)
        self.channels = top.output_shape[-1]
        self._maps = graph_of(lambda images: top(trunk(backbone.layers.normalize(images))))

    def __call__(self, images):
        return np.asarray(self._maps(images))

    @functools.cached_property
    def fingerprint(self):
        """Hex digits by which two networks are told apart."""
        found = hashlib.sha256(repr(self.image_hw).encode())
        for part in (self.trunk, self.top):
            for array in part.get_weights():
                found.update(array.tobytes())
        return found.hexdigest()


def imagenet_maps(image_hw=IMAGE_HW):
    """What EfficientNet-Lite0 with ImageNet's weights sees. Raises InputError if the weights cannot be had."""
    start_tensorflow()
    backbone = BACKBONES["efficientnet-lite0"]
    trunk, top = backbone.layers.build_trunk((None, None)), backbone.layers.build_top((None, None))
    backbone.load(trunk, top, "imagenet")
    return NetworkMaps(backbone, trunk, top, image_hw)


def checkpoint_maps(path):
    """What the backbone of a checkpoint, a `.keras` file or its run folder, sees of whole pictures, and what makes codes of it.

    Returns:
        `NetworkMaps`, and the `Recipe` of a training of codes; None of one of things.

    Raises:
        InputError: if there is no such checkpoint, or it has no pretrained backbone.
    """
    start_tensorflow()
    from getnet_tf.retrieval.card import CodeCard

    if CodeCard.is_in(path):
        from getnet_tf.retrieval.network import CodeNetwork

        network = CodeCard.load(path, CodeNetwork)
        backbone = BACKBONES["efficientnet-lite0"]
        return NetworkMaps(backbone, network.trunk, network.top, network.image_hw), network.recipe()
    from getnet_tf import checkpoint

    network, _ = checkpoint.load(path)
    if network.trunk is None:
        raise InputError(
            f"{path} has the backbone {network.config.backbone}, whose maps are too small to be pooled. Expected a network "
            f"trained with --backbone efficientnet-lite0 or mobilenet-v2."
        )
    backbone = BACKBONES[network.config.backbone]
    return NetworkMaps(backbone, network.trunk, network.top, network.config.image_hw), None
