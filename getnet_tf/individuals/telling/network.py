"""The teller: a describer whose trunk ends in layers of its own, so that its cells may say more of what tells two things apart."""

import keras
from keras import ops

from getnet_tf.backbones import efficientnet_lite0
from getnet_tf.backbones.blocks import LEAST
from getnet_tf.individuals.network import build_head

FRONT_STRIDE = 8


def build_parts(image_hw, dim, keras=keras):
    """The flat models of a teller by name, in the Keras that is given.

    Returns:
        dict: "trunk", normalized image -> map of stride 8, at rest; "end", from there to the map of stride 16; "cells", see `build_head`.
    """
    map_hw = tuple(side // FRONT_STRIDE for side in image_hw)
    return {
        "trunk": efficientnet_lite0.build_front(image_hw, keras),
        "end": efficientnet_lite0.build_end(map_hw, keras),
        "cells": build_head(dim, keras),
    }


@keras.saving.register_keras_serializable(package="getnet_tf")
class Teller(keras.Model):
    """Describes every cell of a picture by what tells it from those of look-alikes.

    Args:
        image_hw: (H, W) of pictures, pixels, multiples of 16.
        dim: D, numbers of a cell.

    Call arguments:
        images: (B, H, W, 3) float, RGB in [0, 1].

    Returns:
        (B, H / 16, W / 16, D) float, every cell of length 1: products of two are cosines.
    """

    def __init__(self, image_hw, dim, **kwargs):
        super().__init__(**kwargs)
        self.image_hw, self.dim = tuple(image_hw), dim
        parts = build_parts(self.image_hw, dim)
        # Attributes, by which Keras finds variables and names them in a checkpoint.
        self.trunk, self.end, self.cells = parts["trunk"], parts["end"], parts["cells"]
        self.trunk.trainable = False
        self.built = True

    @property
    def learning(self):
        """The variables that a training changes."""
        return self.end.trainable_variables + self.cells.trainable_variables

    def call(self, images):
        return self.described(self.trunk(efficientnet_lite0.normalize(images), training=False))

    def described(self, maps):
        """From the front's maps (B, H / 8, W / 8, 40) on: (B, H / 16, W / 16, D), every cell of length 1.

        The statistics of all BatchNorms stay as they are: a batch of a few things would move them by what these things are.
        """
        cells = self.cells(self.end(maps, training=False), training=False)
        return cells / ops.maximum(ops.norm(cells, axis=-1, keepdims=True), LEAST)

    def fits(self, config):
        """Whether it is the network of these settings."""
        return (self.image_hw, self.dim) == (config.image_hw, config.dim)

    def get_config(self):
        return {**super().get_config(), "image_hw": self.image_hw, "dim": self.dim}
