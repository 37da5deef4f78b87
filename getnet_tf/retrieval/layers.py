"""The heads and the learned whitening as Keras layers: settings and weights in, the pure functions called."""

import keras
from keras import ops

from getnet_tf.retrieval.heads import HEADS
from getnet_tf.retrieval.heads.gem import POWER
from getnet_tf.retrieval.heads.netvlad import netvlad
from getnet_tf.retrieval.unit import unit
from getnet_tf.retrieval.whitening import Whitening


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
        return HEADS[self.head](maps, ops, **self.known())

    def known(self):
        """Its weights, by the names that the function takes."""
        return {"power": self.power} if self.head == "gem" else {}

    def get_config(self):
        return {**super().get_config(), "head": self.head}


@keras.saving.register_keras_serializable(package="getnet_tf")
class NetVLAD(keras.layers.Layer):
    """VLAD whose assignment and centres are learned: maps (B, h, w, K) -> (B, 1, C K), of length 1.

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
        return netvlad(maps, ops, **self.known())

    def known(self):
        """Its weights, by the names that the function takes."""
        return {"kernel": self.kernel, "bias": self.bias, "centres": self.centres}

    def start_from(self, centres, sharpness):
        """Begins as VLAD of these centres (C, K) does, softly: the nearer the centre, by the square of the distance, the more."""
        self.kernel.assign(2 * sharpness * centres.T)
        self.bias.assign(-sharpness * (centres**2).sum(axis=1))
        self.centres.assign(centres)

    def get_config(self):
        return {**super().get_config(), "centres": self.count}


@keras.saving.register_keras_serializable(package="getnet_tf")
class ShiftDense(keras.layers.Layer):
    """A whitening that learns: parts (B, R, K) -> codes (B, D) of length 1, as `getnet_tf.retrieval.recipe.joined` has it.

    Args:
        dim: D.

    Source: Gordo et al. 2016 (arXiv:1604.01325), section 3.1, where shift and dense layer of the regions take a whitening's place.
    """

    def __init__(self, dim, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim

    def build(self, input_shape):
        self.shift = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="shift")
        self.dense = self.add_weight(shape=(input_shape[-1], self.dim), name="dense")

    def call(self, parts):
        whitened = unit(ops.matmul(unit(parts, ops) - self.shift, self.dense), ops)
        return unit(ops.sum(whitened, axis=1), ops)

    def start_from(self, whitening):
        """Begins as a `Whitening`. Codes have length 1 in any case, so the size of its projection is free: a mean square of 1, at
        which a step means the same for all."""
        self.shift.assign(whitening.mean)
        self.dense.assign(whitening.projection / (whitening.projection**2).mean() ** 0.5)

    def whitening(self):
        """As a `Whitening`."""
        return Whitening(*(ops.convert_to_numpy(weight) for weight in (self.shift, self.dense)))

    def get_config(self):
        return {**super().get_config(), "dim": self.dim}
