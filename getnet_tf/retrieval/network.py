"""What learns codes: a backbone that stays as it is, a head, and a whitening that learns."""

import keras
from keras import ops

from getnet_tf.backbones import efficientnet_lite0
from getnet_tf.retrieval.heads import NETVLAD
from getnet_tf.retrieval.layers import NetVLAD, Pooling, ShiftDense
from getnet_tf.retrieval.recipe import Recipe


@keras.saving.register_keras_serializable(package="getnet_tf")
class CodeNetwork(keras.Model):
    """Makes the codes of pictures.

    Args:
        image_hw: (H, W) of pictures, pixels.
        head: a key of `heads.LEARNED`.
        dim: D, numbers of a code.
        centres: of NetVLAD; the other heads have none.

    Call arguments:
        images: (B, H, W, 3) float, RGB in [0, 1].

    Returns:
        (B, D) float, of length 1.
    """

    def __init__(self, image_hw, head, dim, centres, **kwargs):
        super().__init__(**kwargs)
        self.image_hw, self.head, self.dim, self.centres = tuple(image_hw), head, dim, centres
        self.trunk = efficientnet_lite0.build_trunk(self.image_hw)
        map_hw = self.trunk.output_shape[1:3]
        self.top = efficientnet_lite0.build_top(map_hw)
        self.trunk.trainable = self.top.trainable = False
        self.pooling = NetVLAD(centres) if head == NETVLAD else Pooling(head)
        self.whitening = ShiftDense(dim)
        maps = (1, *self.top.output_shape[1:])
        self.whitening.build(self.pooling(ops.zeros(maps)).shape)
        self.built = True

    def call(self, images):
        return self.coded(self.maps(images))

    def maps(self, images):
        """What the backbone sees: (B, H / 32, W / 32, K)."""
        seen = self.trunk(efficientnet_lite0.normalize(images), training=False)
        return self.top(seen, training=False)

    def coded(self, maps):
        """From the maps on."""
        return self.whitening(self.pooling(maps))

    def recipe(self):
        """All that is learned, without TensorFlow: `Recipe`."""
        known = {name: ops.convert_to_numpy(weight) for name, weight in self.pooling.known().items()}
        return Recipe(self.head, known, self.whitening.whitening())

    def fits(self, config):
        """Whether it is the network of these settings."""
        return (self.image_hw, self.head) == (config.image_hw, config.head)

    def get_config(self):
        own = {name: getattr(self, name) for name in ("image_hw", "head", "dim", "centres")}
        return {**super().get_config(), **own}
