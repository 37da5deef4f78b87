"""GetNet (III-C): one branch, used for both images of a pair, as a Keras model that trains and saves."""

import dataclasses

import keras

from getnet_tf.branch import Branch, build_parts
from getnet_tf.config import ModelConfig


@keras.saving.register_keras_serializable(package="getnet_tf")
class GetNet(keras.Model):
    """Looks where the object is, then describes what is there; the same branch for both images of a pair.

    Args:
        config: a `ModelConfig`, or its fields as a dict. With `localiser="none"` it is the plain Siamese network.

    Call arguments and returns: as `Branch.pair`, whose models are attributes here, too.

    Source: GetNet III-C.
    """

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.config = config = ModelConfig(**config) if isinstance(config, dict) else config
        parts = build_parts(config)
        self.branch = Branch(config, parts, backbone_moves=not config.pretrained)
        # Attributes, by which Keras finds variables and names them in a checkpoint; None where there is none.
        for name in ("trunk", "top", "encoder", "neck", "localiser", "theta_from_heat", "joined"):
            setattr(self, name, parts.get(name))
        if self.trunk is not None:
            self.trunk.trainable = config.weights == "random"
        shapes = {f"image{i}": (None, *config.image_hw, config.channels) for i in (0, 1)}
        if config.takes_reference:
            shapes |= {f"reference{i}": (None, *config.crop_hw, config.channels) for i in (0, 1)}
        self.build(shapes)

    def build(self, input_shape):
        if self.theta_from_heat is not None:
            self.theta_from_heat.build(self.localiser.output_shape)
        self.built = True

    def call(self, pair, training=False, encoder_training=None):
        return self.branch.pair(pair, training, encoder_training)

    @property
    def transformer_variables(self):
        """Trainable variables of the transformer: of the localiser, and of what stands before or behind it."""
        return self.branch.strategy.transformer_variables(self.branch)

    @property
    def siamese_variables(self):
        """All variables of the Siamese part, moving statistics included: what the first phase must not touch."""
        parts = [part for part in (self.trunk, self.top, self.encoder, self.joined) if part is not None]
        return [variable for part in parts for variable in part.variables]

    def get_config(self):
        return {**super().get_config(), "config": dataclasses.asdict(self.config)}
