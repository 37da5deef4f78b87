"""The twin encoder (III-B): a target area in, a feature vector out."""

import keras
from keras import ops

from getnet_tf.blocks import conv_bn_relu


def build_encoder(config, keras=keras):
    """The convolutional part, a flat model that quantizes whole.

    The backbone `small-cnn` keeps the layout of its picture: which stroke is where. That tells objects apart best once
    the transformer has put them into place. `small-cnn-pooled` averages the layout away, and so knows an object anywhere in
    the picture without having been shown it there: the better one where nothing puts it into place.

    Args:
        config: a `ModelConfig`. Without a localiser the encoder sees the whole image instead of a target area.
        keras: the Keras namespace to build with.

    Returns:
        Model: area (B, h, w, C) float in [0, 1] -> features (B, E), any length.

    Source: GetNet III-B; the layer sizes are only in a figure, so these are our own.
    """
    hw = config.image_hw if config.localiser == "none" else config.crop_hw
    area = keras.layers.Input((*hw, config.channels), name="area")
    x = conv_bn_relu(area, 16, 3, 1, keras)
    x = conv_bn_relu(x, 32, 3, 2, keras)
    x = conv_bn_relu(x, 32, 3, 1, keras)
    x = conv_bn_relu(x, 64, 3, 2, keras)
    x = conv_bn_relu(x, 64, 3, 1, keras)
    x = conv_bn_relu(x, 128, 3, 1, keras)
    if config.backbone == "small-cnn-pooled":
        x = keras.layers.GlobalAveragePooling2D()(x)
    else:
        x = keras.layers.Flatten()(conv_bn_relu(x, 32, 1, 1, keras))
    return keras.Model(area, keras.layers.Dense(config.embedding_dim, name="features")(x), name="encoder")


def unit_length(features):
    """Features (B, E) -> embeddings (B, E) of length 1, so that distances lie in 0...2; 0 stays 0."""
    # Spelled as a product with itself: TFLite knows `square` here as L2_NORMALIZATION, and its 8-bit form rounds
    # every component to 1/128.
    length = ops.sqrt(ops.sum(features * features, axis=-1, keepdims=True) + 1e-12)
    return features / length
