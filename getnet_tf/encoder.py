"""The twin encoder (III-B): a target area in, a feature vector out."""

from collections.abc import Callable
from typing import NamedTuple

import keras
from keras import ops

from getnet_tf import efficientnet_lite0, mobilenet_v2
from getnet_tf.blocks import conv_bn_relu
from getnet_tf.pretrained import load_lite0_weights


class Pretrained(NamedTuple):
    """A backbone that knows photos from ImageNet."""

    features: Callable  # normalized image (B, H, W, 3), Keras namespace -> map (B, h, w, D)
    normalize: Callable  # image in [0, 1] -> what `features` takes
    load: Callable  # gives a model of `features` its weights: model, "imagenet" or a file


PRETRAINED = {
    "efficientnet-lite0": Pretrained(
        efficientnet_lite0.features,
        efficientnet_lite0.normalize,
        lambda model, weights: load_lite0_weights(model),
    ),
    "mobilenet-v2": Pretrained(
        mobilenet_v2.features,
        mobilenet_v2.normalize,
        lambda model, weights: mobilenet_v2.load_weights(model, weights=weights),
    ),
}


def build_encoder(config, keras=keras):
    """The convolutional part, a flat model that quantizes whole.

    The backbone `small-cnn` keeps the layout of its picture: which stroke is where. That tells objects apart best once
    the transformer has put them into place. `small-cnn-pooled` averages the layout away, and so knows an object anywhere in
    the picture without having been shown it there: the better one where nothing puts it into place.

    Those of `PRETRAINED` know photos from ImageNet and average their features; see `load_pretrained`.

    Args:
        config: a `ModelConfig`. Without a localiser the encoder sees the whole image instead of a target area.
        keras: the Keras namespace to build with.

    Returns:
        Model: area (B, h, w, C) float as `backbone_input` gives it -> features (B, E), any length.

    Source: GetNet III-B; the layer sizes are only in a figure, so these are our own.
    """
    hw = config.image_hw if config.localiser == "none" else config.crop_hw
    area = keras.layers.Input((*hw, config.channels), name="area")
    if config.backbone in PRETRAINED:
        features = PRETRAINED[config.backbone].features(area, keras)
        x = keras.layers.GlobalAveragePooling2D()(features)
    else:
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


def freeze_pretrained(encoder, config):
    """Leaves only the last layer to train, where the others have learned already; their BatchNorm rests too."""
    if config.backbone in PRETRAINED and config.weights != "random":
        for layer in encoder.layers:
            layer.trainable = layer.name == "features"


def load_pretrained(encoder, config):
    """Gives a pretrained backbone its weights; the others, and one of random weights, stay as they are.

    Raises:
        InputError: if the weights are not there and cannot be had, with what to do.
    """
    if config.backbone in PRETRAINED and config.weights != "random":
        model = keras.Model(encoder.input, encoder.get_layer("head_relu").output)
        PRETRAINED[config.backbone].load(model, config.weights)


def unit_length(features):
    """Features (B, E) -> embeddings (B, E) of length 1, so that distances lie in 0...2; 0 stays 0."""
    # Spelled as a product with itself: TFLite knows `square` here as L2_NORMALIZATION, and its 8-bit form rounds
    # every component to 1/128.
    length = ops.sqrt(ops.sum(features * features, axis=-1, keepdims=True) + 1e-12)
    return features / length
