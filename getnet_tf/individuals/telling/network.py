"""The teller: a describer whose trunk ends in layers of its own, so that its cells may say more of what tells two things apart."""

import keras

from getnet_tf.backbones import efficientnet_lite0
from getnet_tf.individuals.network import CellNetwork, build_head

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
class Teller(CellNetwork):
    """Describes every cell of a picture by what tells it from those of look-alikes. The trunk's maps are (B, H / 8, W / 8, 40)."""

    build_parts = staticmethod(build_parts)

    @property
    def learning(self):
        """The variables that a training changes."""
        return self.end.trainable_variables + self.cells.trainable_variables

    def cells_of(self, maps, training):
        """The head's numbers.

        The statistics of all BatchNorms stay as they are: a batch of a few things would move them by what these things are.
        """
        return self.cells(self.end(maps, training=False), training=False)
