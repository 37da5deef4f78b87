"""What the checkpoint of a training of codes says about itself; readable without TensorFlow."""

from getnet_tf.retrieval.file_maps import MEMBER
from getnet_tf.retrieval.settings import CodeConfig
from getnet_tf.training.on_maps.card import MapCard


class CodeCard(MapCard):
    """What the checkpoint of a training of codes says about itself."""

    member, noun = MEMBER, "coder"
    advice = "Expected a checkpoint that `python -m getnet_tf.retrieval.train` wrote."
    config_class = CodeConfig
