"""The heads and NetVLAD as Keras layers: settings and weights in, the pure functions called."""

import keras
from keras import ops

from getnet_tf.retrieval.codes.netvlad import netvlad
from getnet_tf.retrieval.heads import HEADS
from getnet_tf.retrieval.heads.gem import POWER


@keras.saving.register_keras_serializable(package="getnet_tf")
class Pooling(keras.layers.Layer):
    """A head: maps (B, h, w, K), none below 0 -> parts (B, R, K). Of GeM the power is a weight, and learned.

    Args:
        head: a key of `HEADS`.

    Raises:
        ValueError: if the head is unknown.
    """

    def __init__(self, head, **kwargs):
        super().__init__(**kwargs)
        if head not in HEADS:
            raise ValueError(f"Invalid `head`. Expected one of {tuple(HEADS)}. Received: head={head!r}.")
        self.head = head

    def build(self, input_shape):
        if self.head == "gem":
            self.power = self.add_weight(
                shape=(), initializer=keras.initializers.Constant(POWER), name="power"
            )

    def call(self, maps):
        given = {"power": self.power} if self.head == "gem" else {}
        return HEADS[self.head](maps, ops, **given)

    def get_config(self):
        return {**super().get_config(), "head": self.head}


@keras.saving.register_keras_serializable(package="getnet_tf")
class NetVLAD(keras.layers.Layer):
    """VLAD whose assignment and centres are learned: maps (B, h, w, K) -> (B, C K), of length 1.

    Args:
        centres: C.

    Raises:
        ValueError: if there is none.

    Source: Arandjelovic et al. 2016 (arXiv:1511.07247), section 3.1.
    """

    def __init__(self, centres, **kwargs):
        super().__init__(**kwargs)
        if centres < 1:
            raise ValueError(f"Invalid `centres`. Expected 1 or more. Received: centres={centres}.")
        self.count = centres

    def build(self, input_shape):
        channels = input_shape[-1]
        self.kernel = self.add_weight(shape=(channels, self.count), name="kernel")
        self.bias = self.add_weight(shape=(self.count,), initializer="zeros", name="bias")
        self.centres = self.add_weight(shape=(self.count, channels), name="centres")

    def call(self, maps):
        return netvlad(maps, self.kernel, self.bias, self.centres, ops)

    def start_from(self, centres, sharpness):
        """Begins as VLAD of these centres (C, K) does, softly: the nearer the centre, by the square of the distance, the more."""
        self.kernel.assign(2 * sharpness * centres.T)
        self.bias.assign(-sharpness * (centres**2).sum(axis=1))
        self.centres.assign(centres)

    def get_config(self):
        return {**super().get_config(), "centres": self.count}
