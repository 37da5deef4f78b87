"""The describer: what each cell of a picture says of the thing it shows, as a few numbers to compare by their cosine."""

import keras
from keras import ops

from getnet_tf.backbones import efficientnet_lite0
from getnet_tf.backbones.batch_norm import batch_norm_class
from getnet_tf.backbones.blocks import LEAST, conv_bn_relu

WIDE = 256  # channels inside the head


def build_head(dim, keras=keras):
    """From the trunk's map to what is compared: a projection, and what a cell and its eight neighbours add to it.

    Args:
        dim: numbers of a cell.
        keras: the Keras namespace to build with, `keras` or `tf_keras`.

    Returns:
        Model: map (B, h, w, 112) -> (B, h, w, dim). It is flat and quantizes whole.
    """
    maps = keras.layers.Input((None, None, efficientnet_lite0.TRUNK_CHANNELS), name="maps")
    x = conv_bn_relu(maps, WIDE, 1, 1, keras)
    x = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = keras.layers.ReLU()(batch_norm_class(keras)(momentum=0.95)(x))
    added = keras.layers.Conv2D(dim, 1)(x)
    plain = keras.layers.Conv2D(dim, 1, use_bias=False, kernel_initializer="orthogonal")(maps)
    return keras.Model(maps, keras.layers.Add()([plain, added]), name="cells")


def build_parts(image_hw, dim, keras=keras):
    """The flat models of a describer by name, in the Keras that is given: "trunk", normalized image -> map; "cells", see `build_head`."""
    return {"trunk": efficientnet_lite0.build_trunk(image_hw, keras), "cells": build_head(dim, keras)}


class CellNetwork(keras.Model):
    """Describes every cell of a picture. Subclasses define `build_parts`, flat models by name, and `cells_of`.

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
        # Attributes, by which Keras finds variables and names them in a checkpoint.
        for name, part in self.build_parts(self.image_hw, dim).items():
            setattr(self, name, part)
        self.trunk.trainable = False
        self.built = True

    def call(self, images):
        return self.described(self.trunk(efficientnet_lite0.normalize(images), training=False))

    def described(self, maps, training=False):
        """From the trunk's maps on: (B, h, w, D), every cell of length 1."""
        cells = self.cells_of(maps, training)
        return cells / ops.maximum(ops.norm(cells, axis=-1, keepdims=True), LEAST)

    def fits(self, config):
        """Whether it is the network of these settings."""
        return (self.image_hw, self.dim) == (config.image_hw, config.dim)

    def get_config(self):
        return {**super().get_config(), "image_hw": self.image_hw, "dim": self.dim}


@keras.saving.register_keras_serializable(package="getnet_tf")
class Describer(CellNetwork):
    """Describes every cell of a picture by what is the same wherever the thing is seen again. The trunk's maps are (B, h, w, 112)."""

    build_parts = staticmethod(build_parts)

    def cells_of(self, maps, training):
        """The head's numbers."""
        return self.cells(maps, training=training)
