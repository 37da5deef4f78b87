"""What the checkpoint of a describer says about itself; readable without TensorFlow."""

from getnet_tf.individuals.settings import CellsConfig
from getnet_tf.training.on_maps.card import MapCard


class CellsCard(MapCard):
    """What the checkpoint of a describer says about itself."""

    member, noun = "cells.json", "describer"
    advice = "Expected a checkpoint that `python -m getnet_tf.individuals.train` wrote."
    config_class = CellsConfig
