"""The neck: what of a pretrained backbone's maps counts for locating, at few channels a cell."""

import keras
import numpy as np

from getnet_tf.blocks import conv_bn_relu
from getnet_tf.encoder import PRETRAINED

LOCAL_DIM = 128  # D, features of a cell that are compared
CONTENT_DIM = 16  # features of a cell that the localiser sees as they are: edges of things, not which things


def build_neck(config, keras=keras):
    """One 1x1 convolution for each map, a flat model that quantizes whole.

    Args:
        config: a `ModelConfig` of a pretrained backbone.
        keras: the Keras namespace to build with.

    Returns:
        Model: [map of stride 16 (B, h, w, ...), of stride 32 (B, h / 2, w / 2, ...)] -> [fine (B, h, w, D), coarse
        (B, h / 2, w / 2, D), content (B, h, w, `CONTENT_DIM`)].
    """
    backbone = PRETRAINED[config.backbone]
    fine = keras.layers.Input((None, None, backbone.trunk_channels), name="fine")
    coarse = keras.layers.Input((None, None, backbone.top_channels), name="coarse")
    local_fine = keras.layers.Conv2D(LOCAL_DIM, 1, kernel_initializer="orthogonal", name="local_fine")(fine)
    local_coarse = keras.layers.Conv2D(LOCAL_DIM, 1, kernel_initializer="orthogonal", name="local_coarse")(
        coarse
    )
    content = conv_bn_relu(fine, CONTENT_DIM, 1, 1, keras)
    return keras.Model([fine, coarse], [local_fine, local_coarse, content], name="neck")


def start_neck(neck, fine, coarse):
    """Lets the neck begin with the cosines that the backbone's own features have: their principal directions.

    Args:
        neck: model of `build_neck`.
        fine, coarse: (B, h, w, ...) maps to take them from.
    """
    for name, maps in (("local_fine", fine), ("local_coarse", coarse)):
        cells = np.asarray(maps, np.float32).reshape(-1, maps.shape[-1])
        # Not centred: what all cells have in common keeps unlike things from cosines near 0 by accident.
        _, directions = np.linalg.eigh(cells.T @ cells)
        kernel = np.zeros((maps.shape[-1], LOCAL_DIM), np.float32)
        kernel[:, : directions.shape[1]] = directions[:, ::-1][:, :LOCAL_DIM]
        neck.get_layer(name).set_weights([kernel[None, None], np.zeros(LOCAL_DIM, np.float32)])
