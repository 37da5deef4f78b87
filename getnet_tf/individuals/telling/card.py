"""What the checkpoint of a teller says about itself; readable without TensorFlow."""

from getnet_tf.individuals.telling.settings import TellingConfig
from getnet_tf.training.on_maps.card import MapCard


class TellingCard(MapCard):
    """What the checkpoint of a teller says about itself."""

    member, noun = "telling.json", "teller"
    advice = "Expected a checkpoint that `python -m getnet_tf.individuals.telling.train` wrote."
    config_class = TellingConfig
