"""The backbone alone, without anything that looks for something: what `find` is held against in size and speed."""

import dataclasses

from export.convert import to_flatbuffer
from export.quantize import SETTLING_BATCHES, rebuilt_branch, settle_ranges


def bare_backbone(network, variant, pairs):
    """The encoder of a network over its whole image, as a file of its own.

    The encoder of a small CNN ends in a dense layer that fits its picture's size; there the weights are new ones, of which
    speed does not know.

    Args:
        network: `GetNet`.
        variant: `Variant` to convert to.
        pairs: function batches -> iterable of as many dicts of `image0` and `image1`, which settle the ranges.

    Returns:
        bytes of a `.tflite` whose signature `find` takes an image and gives an embedding.
    """
    from getnet_tf.model import GetNet

    bare = GetNet(
        dataclasses.replace(network.config, localiser="none", theta_kind="box", decision="distance")
    )
    for name in ("trunk", "top", "encoder"):
        own, trained = getattr(bare, name), getattr(network, name)
        shapes = [[w.shape for w in model.get_weights()] for model in (own, trained) if model is not None]
        if shapes and shapes[0] == shapes[1]:
            own.set_weights(trained.get_weights())
    branch = rebuilt_branch(bare, quantized=variant.emulated)
    if variant.emulated:
        settle_ranges(branch, pairs(SETTLING_BATCHES // 3))
    return to_flatbuffer(branch, variant)
