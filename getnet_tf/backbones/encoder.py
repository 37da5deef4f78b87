"""The twin encoder (III-B): a target area in, a feature vector out.

A small encoder is one flat model. A pretrained one is a chain of three: the trunk up to stride 16, which stays as
ImageNet left it; the top, and the encoder's last layers, which learn. The maps between them are what the guided
localiser correlates.
"""

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from getnet_tf.backbones import efficientnet_lite0, mobilenet_v2
from getnet_tf.backbones.blocks import LEAST, conv_bn_relu
from getnet_tf.backbones.pretrained import lite0_classifier, load_lite0_weights


class Pretrained(NamedTuple):
    """A backbone that knows photos from ImageNet; map of stride 16 in between."""

    build_trunk: (
        Callable  # image size, Keras namespace -> model: normalized image -> map (B, h, w, trunk channels)
    )
    build_top: Callable  # map size, Keras namespace -> model: that map -> map (B, h / 2, w / 2, top channels)
    trunk_channels: int
    top_channels: int
    normalize: Callable  # image in [0, 1] -> what the trunk takes
    load: Callable  # gives trunk and top their weights: trunk, top, "imagenet" or a file
    classifier: Callable  # -> kernel (top channels, classes) and bias of ImageNet's classifier, or None


PRETRAINED = {
    "efficientnet-lite0": Pretrained(
        efficientnet_lite0.build_trunk,
        efficientnet_lite0.build_top,
        efficientnet_lite0.TRUNK_CHANNELS,
        efficientnet_lite0.TOP_CHANNELS,
        efficientnet_lite0.normalize,
        lambda trunk, top, weights: load_lite0_weights(trunk, top),
        lite0_classifier,
    ),
    "mobilenet-v2": Pretrained(
        mobilenet_v2.build_trunk,
        mobilenet_v2.build_top,
        mobilenet_v2.TRUNK_CHANNELS,
        mobilenet_v2.TOP_CHANNELS,
        mobilenet_v2.normalize,
        mobilenet_v2.load_weights,
        lambda: None,
    ),
}


DOUBT = 1.0  # of a logit, that does not count: every picture speaks a little for half of all classes


def build_trunk(config, keras=keras):
    """The part of a pretrained backbone that does not learn, a flat model, or None: image -> map of stride 16.

    Takes images of any size: the same weights see the frame, the target area and the reference.
    """
    if config.backbone not in PRETRAINED:
        return None
    return PRETRAINED[config.backbone].build_trunk((None, None), keras)


def build_top(config, keras=keras):
    """The part of a pretrained backbone that learns, a flat model, or None: map of stride 16 -> map of stride 32."""
    if config.backbone not in PRETRAINED:
        return None
    return PRETRAINED[config.backbone].build_top((None, None), keras)


def build_encoder(config, keras=keras):
    """The layers that end in the feature vector, a flat model that quantizes whole.

    The backbone `small-cnn` keeps the layout of its picture: which stroke is where. That tells objects apart best once
    the transformer has put them into place. `small-cnn-pooled` averages the layout away, and so knows an object anywhere in
    the picture without having been shown it there: the better one where nothing puts it into place.

    Those of `PRETRAINED` first ask of every cell how much it speaks for each of ImageNet's classes, and average that; of
    the average only what speaks for a class counts. Two pictures that remind of the same known things are of one kind:
    on classes never seen that beats the averaged features themselves by more than a point of pair accuracy.

    Args:
        config: a `ModelConfig`. Without a localiser the encoder sees the whole image instead of a target area.
        keras: the Keras namespace to build with.

    Returns:
        Model: area (B, h, w, C) float in [0, 1] -> features (B, E), any length; or, pretrained, the top's map
        (B, h, w, D) -> [evidence (B, h, w, E), features (B, E)].

    Source: GetNet III-B; the layer sizes are only in a figure, so these are our own.
    """
    if config.backbone in PRETRAINED:
        coarse = keras.layers.Input((None, None, PRETRAINED[config.backbone].top_channels), name="coarse")
        evidence = keras.layers.Conv2D(
            config.embedding_dim, 1, kernel_initializer="orthogonal", name="features"
        )(coarse)
        x = keras.layers.GlobalAveragePooling2D()(evidence)
        return keras.Model(coarse, [evidence, keras.layers.ReLU(name="counted")(x)], name="encoder")
    hw = config.image_hw if config.localiser == "none" else config.crop_hw
    area = keras.layers.Input((*hw, config.channels), name="area")
    x = _small_cnn(area, config.backbone == "small-cnn-pooled", keras)
    return keras.Model(area, keras.layers.Dense(config.embedding_dim, name="features")(x), name="encoder")


def _small_cnn(area, pooled, keras):
    x = conv_bn_relu(area, 16, 3, 1, keras)
    x = conv_bn_relu(x, 32, 3, 2, keras)
    x = conv_bn_relu(x, 32, 3, 1, keras)
    x = conv_bn_relu(x, 64, 3, 2, keras)
    x = conv_bn_relu(x, 64, 3, 1, keras)
    x = conv_bn_relu(x, 128, 3, 1, keras)
    if pooled:
        return keras.layers.GlobalAveragePooling2D()(x)
    return keras.layers.Flatten()(conv_bn_relu(x, 32, 1, 1, keras))


def backbone_input(area, config):
    """What the backbone takes of an area (B, h, w, C) in [0, 1]: apart from the layers, for it does not quantize."""
    return PRETRAINED[config.backbone].normalize(area) if config.backbone in PRETRAINED else area


def load_pretrained(network):
    """Gives a network's pretrained backbone its weights; the others, and one of random weights, stay as they are.

    The first layers of the embedding are the classifier's, as many as there is room for. Where there is no classifier,
    they are orthogonal directions, which keep what the backbone says of likeness.

    Raises:
        InputError: if the weights are not there and cannot be had, with what to do.
    """
    config = network.config
    if config.backbone not in PRETRAINED or config.weights == "random":
        return
    backbone = PRETRAINED[config.backbone]
    backbone.load(network.trunk, network.top, config.weights)
    layer = network.encoder.get_layer("features")
    if (classifier := backbone.classifier()) is not None:
        layer.set_weights(_fitted(*layer.get_weights(), *classifier))
    else:
        layer.kernel.assign(keras.initializers.Orthogonal()(layer.kernel.shape))


def _fitted(kernel, bias, classes_kernel, classes_bias):
    """The classifier in place of the first columns of a random layer (1, 1, D, E), at its scale; the rest stays."""
    count = min(kernel.shape[-1], classes_kernel.shape[-1])
    kernel *= np.std(classes_kernel) / np.std(kernel)
    kernel[..., :count], bias[:count] = classes_kernel[:, :count], classes_bias[:count] - DOUBT
    return kernel, bias


def unit_length(features):
    """Features (B, E) -> embeddings (B, E) of length 1, so that distances lie in 0...2; 0 stays 0."""
    # Spelled as a product with itself: TFLite knows `square` here as L2_NORMALIZATION, and its 8-bit form rounds
    # every component to 1/128.
    length = ops.sqrt(ops.sum(features * features, axis=-1, keepdims=True) + 1e-12)
    return features / ops.maximum(length, LEAST)  # a file of 16-bit constants has 0 for 1e-12
