"""The branch as the edge runs it: one function per signature, over shared models."""

import tensorflow as tf

from getnet_tf import geometry
from getnet_tf.encoder import backbone_input, unit_length
from getnet_tf.localiser import theta_from_heat


class Branch(tf.Module):
    """Localiser and encoder, each one flat model, with the float islands between and behind them.

    The islands (theta from the heat, the sampler, unit length) stay float: quantized to 8 bits the sampling grid moves
    in steps of a third of a pixel and more, and the sampled image is ruined.

    Args:
        config: `getnet_tf.config.ModelConfig`.
        gain: float, the learned gain of `theta_from_heat`; unused without a localiser.
        localiser: model image (B, H, W, C) -> heat map, or None.
        encoder: model area (B, h, w, C) -> features (B, E).
        joined: model of two embeddings -> logit (B, 1), or None.
    """

    def __init__(self, config, gain, localiser, encoder, joined=None):
        super().__init__()
        self.config, self.gain = config, gain
        self.localiser, self.encoder, self.joined = localiser, encoder, joined

    def find(self, image, training=False):
        """image (B, H, W, C) -> {"theta": (B, P), "embedding": (B, E)}; no theta without a localiser."""
        if self.localiser is None:
            return {"embedding": self.describe(image, training)["embedding"]}
        kind = self.config.theta_kind
        heat_map = self.localiser(image, training=training)
        theta = theta_from_heat(heat_map, self.gain, kind, self.config.image_hw)
        area = geometry.sample(image, theta, kind, self.config.crop_hw)
        return {"theta": theta, "embedding": self.describe(area, training)["embedding"]}

    def describe(self, image, training=False):
        """image (B, h, w, C), all of it the target area -> {"embedding": (B, E)}."""
        features = self.encoder(backbone_input(image, self.config), training=training)
        return {"embedding": unit_length(features)}

    def compare(self, embedding0, embedding1, training=False):
        """Two embeddings (B, E) -> {"logit": (B, 1)}."""
        return {"logit": self.joined([embedding0, embedding1], training=training)}

    def signatures(self):
        """The named signatures of the file: concrete functions of one image."""
        channels = self.config.channels
        described_hw = self.config.image_hw if self.localiser is None else self.config.crop_hw

        def function_of(call, **shapes):
            specs = {
                name: tf.TensorSpec((1, *shape), tf.float32, name=name) for name, shape in shapes.items()
            }
            return tf.function(call).get_concrete_function(**specs)

        functions = {
            "find": function_of(lambda image: self.find(image), image=(*self.config.image_hw, channels)),
            "describe": function_of(lambda image: self.describe(image), image=(*described_hw, channels)),
        }
        if self.joined is not None:
            embedding = (self.config.embedding_dim,)
            functions["compare"] = function_of(
                lambda embedding0, embedding1: self.compare(embedding0, embedding1),
                embedding0=embedding,
                embedding1=embedding,
            )
        return functions
