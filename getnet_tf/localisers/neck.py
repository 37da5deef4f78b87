"""The neck: what of a pretrained backbone's maps counts for locating, at few channels a cell."""

import keras
import numpy as np

from getnet_tf.backbones import BACKBONES
from getnet_tf.backbones.blocks import conv_bn_relu

LOCAL_DIM = 192  # D, features of a cell that are compared
CONTENT_DIM = 16  # features of a cell that the localiser sees as they are: edges of things, not which things


def build_neck(config, keras=keras):
    """1x1 convolutions on each map, a flat model that quantizes whole.

    Args:
        config: a `ModelConfig` of a pretrained backbone.
        keras: the Keras namespace to build with.

    Returns:
        Model: [map of stride 16 (B, h, w, ...), of stride 32 (B, h / 2, w / 2, ...), its evidence (B, h / 2, w / 2, E)] ->
        [fine (B, h, w, D), coarse (B, h / 2, w / 2, D), content (B, h, w, `CONTENT_DIM`)].
    """
    layers = BACKBONES[config.backbone].layers
    fine = keras.layers.Input((None, None, layers.TRUNK_CHANNELS), name="fine")
    coarse = keras.layers.Input((None, None, layers.TOP_CHANNELS), name="coarse")
    evidence = keras.layers.Input((None, None, config.embedding_dim), name="evidence")

    def projection(name):
        return keras.layers.Conv2D(LOCAL_DIM, 1, kernel_initializer="orthogonal", name=name)

    counted = keras.layers.ReLU()(evidence)
    local_coarse = keras.layers.Add()(
        [projection("local_coarse")(coarse), projection("local_evidence")(counted)]
    )
    content = conv_bn_relu(fine, CONTENT_DIM, 1, 1, keras)
    return keras.Model(
        [fine, coarse, evidence], [projection("local_fine")(fine), local_coarse, content], name="neck"
    )


def start_neck(neck, fine, coarse, evidence):
    """Lets the neck begin with the cosines that the backbone's own maps have: their principal directions.

    Coarse map and evidence count alike, at one length.

    Args:
        neck: model of `build_neck`.
        fine, coarse, evidence: (B, h, w, ...) maps to take them from.
    """
    fine, coarse, evidence = (
        np.asarray(maps, np.float32).reshape(-1, maps.shape[-1]) for maps in (fine, coarse, evidence)
    )
    evidence = np.maximum(evidence, 0)
    lengths = [np.sqrt(np.mean(np.sum(cells**2, axis=-1))) for cells in (coarse, evidence)]
    both = np.concatenate([coarse / lengths[0], evidence / lengths[1]], axis=-1)
    kernel = _directions(both)
    _set(neck, "local_fine", _directions(fine))
    _set(neck, "local_coarse", kernel[: coarse.shape[-1]] / lengths[0])
    _set(neck, "local_evidence", kernel[coarse.shape[-1] :] / lengths[1])


def _directions(cells):
    # Not centred: what all cells have in common keeps unlike things from cosines near 0 by accident.
    _, directions = np.linalg.eigh(cells.T @ cells)
    kernel = np.zeros((cells.shape[-1], LOCAL_DIM), np.float32)
    kernel[:, : directions.shape[1]] = directions[:, ::-1][:, :LOCAL_DIM]
    return kernel


def _set(neck, name, kernel):
    neck.get_layer(name).set_weights([kernel[None, None], np.zeros(LOCAL_DIM, np.float32)])
