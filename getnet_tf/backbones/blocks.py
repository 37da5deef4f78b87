"""Layers that localiser and encoder are made of: only what 8-bit quantization accepts.

Every function takes the Keras namespace to build with, `keras` or `tf_keras`: the exporter rebuilds the same network
in the Keras that the quantization library speaks, without a second definition.
"""

from getnet_tf.backbones.batch_norm import batch_norm_class

# Keeps divisors and logarithms from 0. About the least that a file of 16-bit constants still tells from 0.
LEAST = 1e-7


def conv_bn_relu(x, filters, kernel, stride, keras):
    """Convolution, BatchNorm, ReLU: (B, H, W, C) -> (B, ceil(H / stride), ceil(W / stride), filters)."""
    x = keras.layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False)(x)
    # The default momentum of 0.99 is still far from the data's statistics at the end of a short training.
    x = batch_norm_class(keras)(momentum=0.95)(x)
    return keras.layers.ReLU()(x)
