"""MobileNetV2 in the same two parts as `getnet_tf.backbones.efficientnet_lite0`, with the ImageNet weights of Keras.

Source: Sandler et al. 2018, table 2 (arXiv:1801.04381). The layers are those of `keras.applications.MobileNetV2`, built
anew: flat, cut in two, for any size and in either Keras; "same" padding stands for its padding layers.
"""

import pathlib

import keras

from getnet_tf.backbones.inverted_residual import Stage, build_part
from getnet_tf.errors import InputError

STRIDE = 16  # pixels of the image per cell of the trunk's map
TRUNK_CHANNELS = 96
TOP_CHANNELS = 1280
TRUNK = [
    Stage(repeats=1, kernel=3, stride=1, expansion=1, filters=16),
    Stage(repeats=2, kernel=3, stride=2, expansion=6, filters=24),
    Stage(repeats=3, kernel=3, stride=2, expansion=6, filters=32),
    Stage(repeats=4, kernel=3, stride=2, expansion=6, filters=64),
    Stage(repeats=3, kernel=3, stride=1, expansion=6, filters=TRUNK_CHANNELS),
]
TOP_FIRST_BLOCK = sum(stage.repeats for stage in TRUNK)
TOP = [
    Stage(repeats=3, kernel=3, stride=2, expansion=6, filters=160),
    Stage(repeats=1, kernel=3, stride=1, expansion=6, filters=320),
]


def normalize(image):
    """Image (..., 3), RGB in [0, 1], an array or tensor -> what the trunk takes: 2 image - 1.

    Source: `keras.applications.mobilenet_v2.preprocess_input`, there for [0, 255].
    """
    return 2.0 * image - 1.0


def build_trunk(image_hw, keras=keras):
    """The layers up to `block_12_add` of Keras's model, at stride 16; flat, random weights, quantizes whole.

    Args:
        image_hw: (H, W), pixels; None where the size may vary.
        keras: the Keras namespace to build with, `keras` or `tf_keras`.

    Returns:
        Model: normalized image (B, H, W, 3) float -> map (B, ceil(H / 16), ceil(W / 16), 96), any sign.

    Example:
        >>> build_trunk((320, 320)).output_shape
        (None, 20, 20, 96)
    """
    return build_part(image_hw, 3, TRUNK, 0, keras, "mobilenet_v2_trunk", stem=32)


def build_top(map_hw, keras=keras):
    """The layers from stride 16 to the features of the classifier; flat, random weights, quantizes whole.

    Args:
        map_hw: (h, w), cells; None where the size may vary.
        keras: the Keras namespace to build with, `keras` or `tf_keras`.

    Returns:
        Model: map (B, h, w, 96) of the trunk -> features (B, ceil(h / 2), ceil(w / 2), 1280) float in [0, 6].

    Example:
        >>> build_top((20, 20)).output_shape
        (None, 10, 10, 1280)
    """
    name = "mobilenet_v2_top"
    return build_part(map_hw, TRUNK_CHANNELS, TOP, TOP_FIRST_BLOCK, keras, name, head=TOP_CHANNELS)


def load_weights(trunk, top=None, weights="imagenet"):
    """Gives models of this file the weights of a `keras.applications.MobileNetV2`.

    Args:
        trunk: model of `build_trunk`, of either Keras; or of all layers, see `features`.
        top: model of `build_top`, of either Keras, or None.
        weights: "imagenet", which Keras downloads once (9 MB, to ~/.keras/models), or the path of a file of that model,
            with or without its classifier: `.keras`, `.weights.h5` or `.h5`.

    Raises:
        InputError: if the download fails, or the file is missing or holds other weights.
        ValueError: if a model is not one of these.
    """
    whole = _keras_model(weights)
    theirs = [layer for layer in whole.layers if layer.weights and layer.name != "predictions"]
    ours = [layer for model in (trunk, top) if model is not None for layer in model.layers if layer.weights]
    shapes0, shapes1 = (
        [[tuple(w.shape) for w in layer.weights] for layer in layers] for layers in (ours, theirs)
    )
    if (top is not None and len(ours) != len(theirs)) or shapes0 != shapes1[: len(ours)]:
        raise ValueError("Expected a trunk and a top of MobileNetV2. Received models of other layers.")
    for layer0, layer1 in zip(ours, theirs, strict=False):
        layer0.set_weights(layer1.get_weights())


def _keras_model(weights):
    if weights != "imagenet" and not pathlib.Path(weights).is_file():
        raise InputError(f"No weights of MobileNetV2 at {weights}. Give the path of a file, or 'imagenet'.")
    failures = []
    for include_top in (False,) if weights == "imagenet" else (False, True):
        try:
            # Its weights do not depend on the size; for this one it does not warn.
            return keras.applications.MobileNetV2(
                input_shape=(224, 224, 3), include_top=include_top, weights=str(weights)
            )
        # Keras raises a bare Exception when a download fails, and whatever h5py raises for a file of another kind.
        except Exception as error:
            failures.append(error)
    reason = str(failures[0]).splitlines()[0] if str(failures[0]) else type(failures[0]).__name__
    if weights == "imagenet":
        remedy = (
            "Connect to the Internet, remove a broken file from ~/.keras/models, or give the path of a copy "
            "(--weights FILE) of mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
        )
        raise InputError(
            f"Keras could not get the weights of MobileNetV2 ({reason}). {remedy}."
        ) from failures[0]
    remedy = "Expected those of keras.applications.MobileNetV2, of alpha 1"
    raise InputError(f"The weights in {weights} do not load ({reason}). {remedy}.") from failures[0]
