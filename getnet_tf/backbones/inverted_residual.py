"""The inverted residual blocks that EfficientNet-Lite and MobileNetV2 are stacked from, and the stacking.

Only convolutions, each with a BatchNorm behind it, ReLU6 and additions: all of it quantizes to 8 bits. As in
`getnet_tf.backbones.blocks`, every function takes the Keras namespace to build with, `keras` or `tf_keras`.

Source: Sandler et al. 2018, section 3 (arXiv:1801.04381).
"""

from typing import NamedTuple

from getnet_tf.backbones.batch_norm import batch_norm_class


class Stage(NamedTuple):
    """A run of equal blocks; the first of them takes the stride."""

    repeats: int
    kernel: int  # side of the depthwise convolution
    stride: int
    expansion: int  # channels inside a block, per channel that comes in
    filters: int  # channels that go out


def build_part(input_hw, input_channels, stages, first_block, keras, name, stem=None, head=None):
    """A flat model of a stem, blocks and a head.

    Convolutions pad as TensorFlow's "same": for an even size and stride 2 one more pixel right and below than left and
    above. So a map has ceil(size / stride) cells.

    Args:
        input_hw: (H, W); None where the size may vary.
        input_channels: C.
        stages: list of `Stage`.
        first_block: number of the first block, for the names of the layers.
        keras: the Keras namespace to build with.
        name: of the model.
        stem: channels of a 3x3 convolution of stride 2 in front, or None.
        head: channels of a 1x1 convolution behind, or None.

    Returns:
        Model: (B, H, W, C) -> (B, h, w, channels of the last layer).
    """
    inputs = keras.layers.Input((*input_hw, input_channels), name="input")
    return keras.Model(inputs, stack(inputs, stages, first_block, keras, stem, head), name=name)


def stack(x, stages, first_block, keras, stem=None, head=None):
    """The layers of `build_part` on top of `x` (B, H, W, C): (B, h, w, channels of the last layer)."""
    if stem is not None:
        conv = keras.layers.Conv2D(stem, 3, strides=2, padding="same", use_bias=False, name="stem")
        x = _relu6(_batch_norm(conv(x), "stem", keras), "stem", keras)
    block = first_block
    for stage in stages:
        for repeat in range(stage.repeats):
            stride = stage.stride if repeat == 0 else 1
            x = inverted_residual(
                x, stage.kernel, stride, stage.expansion, stage.filters, f"block{block}", keras
            )
            block += 1
    if head is not None:
        x = _relu6(_pointwise(x, head, "head", keras), "head", keras)
    return x


def inverted_residual(x, kernel, stride, expansion, filters, name, keras):
    """Widen, convolve each channel alone, narrow: (B, H, W, C) -> (B, ceil(H / stride), ceil(W / stride), filters).

    What went in is added to what comes out where the two have one shape. The narrow end has no activation.
    """
    inputs, channels = x, x.shape[-1]
    if expansion != 1:
        x = _pointwise(x, expansion * channels, f"{name}_expand", keras)
        x = _relu6(x, f"{name}_expand", keras)
    depthwise = f"{name}_depthwise"
    x = keras.layers.DepthwiseConv2D(kernel, strides=stride, padding="same", use_bias=False, name=depthwise)(
        x
    )
    x = _relu6(_batch_norm(x, depthwise, keras), depthwise, keras)
    x = _pointwise(x, filters, f"{name}_project", keras)
    if stride == 1 and channels == filters:
        x = keras.layers.Add(name=f"{name}_add")([inputs, x])
    return x


def _pointwise(x, filters, name, keras):
    x = keras.layers.Conv2D(filters, 1, use_bias=False, name=name)(x)
    return _batch_norm(x, name, keras)


def _batch_norm(x, name, keras):
    return batch_norm_class(keras)(momentum=0.99, epsilon=1e-3, name=f"{name}_bn")(x)


def _relu6(x, name, keras):
    return keras.layers.ReLU(6.0, name=f"{name}_relu")(x)
