"""From the correlation of two maps to theta, and to whether they fit at all: flat models that quantize whole."""

import keras

from edge_demo.model.thetas import KINDS
from getnet_tf.backbones.blocks import conv_bn_relu


def build_regressor(cells_hw, kind, keras=keras):
    """Where each cell lies, then what that says of the whole.

    Args:
        cells_hw: (h, w), cells of the maps.
        kind: of theta, "affine" or "tps".
        keras: the Keras namespace to build with, `keras` or `tf_keras`.

    Returns:
        Model: correlation (B, h, w, h * w) of `all_pairs_correlation` -> [offset (B, P) of theta from the identity,
        fit (B, 1), a logit, above 0 where the two show one thing]. At first all offsets are 0.

    Source: section 3.3 of Rocco et al. 2017 (arXiv:1703.05593); differs: a layer for each cell alone narrows the h w
        channels first, which costs a quarter of the paper's 7 x 7 convolution over all of them.
    """
    h, w = cells_hw
    pairs = keras.layers.Input((h, w, h * w), name="correlation")
    x = conv_bn_relu(pairs, 128, 1, 1, keras)
    x = conv_bn_relu(x, 128, 5, 2, keras)
    x = conv_bn_relu(x, 128, 3, 2, keras)
    x = keras.layers.Flatten()(x)
    offset = keras.layers.Dense(KINDS[kind].size, kernel_initializer="zeros", name="offset")(x)
    fit = keras.layers.Dense(1, name="fit")(x)
    return keras.Model(pairs, [offset, fit], name=kind)
