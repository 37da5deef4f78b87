"""EfficientNet-Lite0 in two parts: a trunk that sees the image, and a top that knows what the objects are.

The trunk ends with the last block of stride 16: fine enough to tell where things are. The top goes on from that map, or
from a target area cut out of it, to the 1280 channels that ImageNet's classes were told apart by.

Source: Tan and Le 2019 (arXiv:1905.11946) for the stages; the Lite variants, which have ReLU6 for swish and no squeeze
and excitation, are of github.com/tensorflow/tpu, models/official/efficientnet/lite. Written anew. The ImageNet weights
are loaded by `getnet_tf.backbones.pretrained`.
"""

import keras

from getnet_tf.backbones.inverted_residual import Stage, build_part

STRIDE = 16  # pixels of the image per cell of the trunk's map
TRUNK_CHANNELS = 112
TOP_CHANNELS = 1280
TRUNK = [
    Stage(repeats=1, kernel=3, stride=1, expansion=1, filters=16),
    Stage(repeats=2, kernel=3, stride=2, expansion=6, filters=24),
    Stage(repeats=2, kernel=5, stride=2, expansion=6, filters=40),
    Stage(repeats=3, kernel=3, stride=2, expansion=6, filters=80),
    Stage(repeats=3, kernel=5, stride=1, expansion=6, filters=TRUNK_CHANNELS),
]
FRONT_STAGES = 3  # of the trunk: all that comes before stride 16
FRONT_CHANNELS = TRUNK[FRONT_STAGES - 1].filters
END_FIRST_BLOCK = sum(stage.repeats for stage in TRUNK[:FRONT_STAGES])
TOP_FIRST_BLOCK = sum(stage.repeats for stage in TRUNK)
TOP = [
    Stage(repeats=4, kernel=5, stride=2, expansion=6, filters=192),
    Stage(repeats=1, kernel=3, stride=1, expansion=6, filters=320),
]


def normalize(image):
    """Image (..., 3), RGB in [0, 1], an array or tensor -> what the trunk takes: (255 image - 127) / 128.

    Not ImageNet's mean and deviation, which later ports of other EfficientNets use.
    Source: MEAN_RGB and STDDEV_RGB in efficientnet_lite_builder.py of the repository above.
    """
    return (255.0 * image - 127.0) / 128.0


def build_trunk(image_hw, keras=keras):
    """The layers up to stride 16, a flat model with random weights that quantizes whole.

    Args:
        image_hw: (H, W), pixels; None where the size may vary.
        keras: the Keras namespace to build with, `keras` or `tf_keras`.

    Returns:
        Model: normalized image (B, H, W, 3) float -> map (B, ceil(H / 16), ceil(W / 16), 112), any sign.

    Example:
        >>> build_trunk((320, 320)).output_shape
        (None, 20, 20, 112)
    """
    return build_part(image_hw, 3, TRUNK, 0, keras, "efficientnet_lite0_trunk", stem=32)


def build_front(image_hw, keras=keras):
    """The trunk's layers up to stride 8: as `build_trunk`, but map (B, ceil(H / 8), ceil(W / 8), 40)."""
    return build_part(image_hw, 3, TRUNK[:FRONT_STAGES], 0, keras, "efficientnet_lite0_front", stem=32)


def build_end(map_hw, keras=keras):
    """The trunk's layers from stride 8 to stride 16, a flat model that quantizes whole.

    Args:
        map_hw: (h, w), cells; None where the size may vary.
        keras: the Keras namespace to build with, `keras` or `tf_keras`.

    Returns:
        Model: map (B, h, w, 40) of the front -> map (B, ceil(h / 2), ceil(w / 2), 112), any sign.
    """
    name = "efficientnet_lite0_end"
    return build_part(map_hw, FRONT_CHANNELS, TRUNK[FRONT_STAGES:], END_FIRST_BLOCK, keras, name)


def build_top(map_hw, keras=keras):
    """The layers from stride 16 to the features of the classifier, a flat model that quantizes whole.

    Args:
        map_hw: (h, w), cells; None where the size may vary.
        keras: the Keras namespace to build with, `keras` or `tf_keras`.

    Returns:
        Model: map (B, h, w, 112) of the trunk -> features (B, ceil(h / 2), ceil(w / 2), 1280) float in [0, 6]. The
        classifier takes their average over the cells.

    Example:
        >>> build_top((20, 20)).output_shape
        (None, 10, 10, 1280)
    """
    name = "efficientnet_lite0_top"
    return build_part(map_hw, TRUNK_CHANNELS, TOP, TOP_FIRST_BLOCK, keras, name, head=TOP_CHANNELS)
