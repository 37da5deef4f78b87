"""What the checkpoint of an aligner says about itself; readable without TensorFlow."""

from getnet_tf.alignment.settings import AlignConfig
from getnet_tf.training.on_maps.card import MapCard

MEMBER = "alignment.json"  # inside the `.keras` archive


class AlignCard(MapCard):
    """What the checkpoint of an aligner says about itself."""

    member, noun = MEMBER, "aligner"
    advice = "Expected a checkpoint that `python -m getnet_tf.alignment.train` wrote."
    config_class = AlignConfig


read_card, is_aligner = AlignCard.read, AlignCard.is_in
