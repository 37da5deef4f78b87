"""The twin encoder (III-B): a target area in, a feature vector out.

A small encoder is one flat model. A pretrained one is a chain of three: the trunk up to stride 16, which stays as
ImageNet left it; the top, and the encoder's last layers, which learn. The maps between them are what the guided
localiser correlates.
"""

import keras
import numpy as np
from keras import ops

from getnet_tf.backbones import BACKBONES
from getnet_tf.backbones.blocks import LEAST, conv_bn_relu
from getnet_tf.heads import HEADS

DOUBT = 1.0  # of a logit, that does not count: every picture speaks a little for half of all classes


def build_trunk(config, keras=keras):
    """The part of a pretrained backbone that does not learn, a flat model, or None: image -> map of stride 16.

    Takes images of any size: the same weights see the frame, the target area and the reference.
    """
    backbone = BACKBONES[config.backbone]
    return backbone.layers.build_trunk((None, None), keras) if backbone.pretrained else None


def build_top(config, keras=keras):
    """The part of a pretrained backbone that learns, a flat model, or None: map of stride 16 -> map of stride 32."""
    backbone = BACKBONES[config.backbone]
    return backbone.layers.build_top((None, None), keras) if backbone.pretrained else None


def build_encoder(config, keras=keras):
    """The layers that end in the feature vector, a flat model that quantizes whole.

    A small backbone's map is pooled by the head, and a dense layer makes the vector.

    Pretrained ones first ask of every cell how much it speaks for each of ImageNet's classes, and the head pools that; of
    the outcome only what speaks for a class counts. Two pictures that remind of the same known things are of one kind:
    on classes never seen that beats the averaged features themselves by more than a point of pair accuracy.

    Args:
        config: a `ModelConfig`. Without a localiser the encoder sees the whole image instead of a target area.
        keras: the Keras namespace to build with.

    Returns:
        Model: area (B, h, w, C) float in [0, 1] -> features (B, E), any length; or, pretrained, the top's map
        (B, h, w, D) -> [evidence (B, h, w, E), features (B, E)].

    Source: GetNet III-B; the layer sizes are only in a figure, so these are our own.
    """
    backbone, head = BACKBONES[config.backbone], HEADS[config.head]
    if backbone.pretrained:
        coarse = keras.layers.Input((None, None, backbone.layers.TOP_CHANNELS), name="coarse")
        evidence = keras.layers.Conv2D(
            config.embedding_dim, 1, kernel_initializer="orthogonal", name="features"
        )(coarse)
        counted = keras.layers.ReLU(name="counted")(head.pool(evidence, keras))
        return keras.Model(coarse, [evidence, counted], name="encoder")
    area = keras.layers.Input((*config.area_hw, config.channels), name="area")
    x = head.pool(_small_cnn(area, keras), keras)
    return keras.Model(area, keras.layers.Dense(config.embedding_dim, name="features")(x), name="encoder")


def _small_cnn(area, keras):
    x = conv_bn_relu(area, 16, 3, 1, keras)
    x = conv_bn_relu(x, 32, 3, 2, keras)
    x = conv_bn_relu(x, 32, 3, 1, keras)
    x = conv_bn_relu(x, 64, 3, 2, keras)
    x = conv_bn_relu(x, 64, 3, 1, keras)
    return conv_bn_relu(x, 128, 3, 1, keras)


def backbone_input(area, config):
    """What the backbone takes of an area (B, h, w, C) in [0, 1]: apart from the layers, for it does not quantize."""
    backbone = BACKBONES[config.backbone]
    return backbone.layers.normalize(area) if backbone.pretrained else area


def load_pretrained(network):
    """Gives a network's pretrained backbone its weights; the others, and one of random weights, stay as they are.

    The first layers of the embedding are the classifier's, as many as there is room for. Where there is no classifier,
    they are orthogonal directions, which keep what the backbone says of likeness.

    Raises:
        InputError: if the weights are not there and cannot be had, with what to do.
    """
    config = network.config
    if not config.pretrained:
        return
    backbone = BACKBONES[config.backbone]
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
