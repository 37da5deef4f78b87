"""GetNet (III-C): localiser, SpatialTransformer and encoder, wired once and used for both images of a pair."""

import dataclasses

import keras
from keras import ops

from getnet_tf import geometry
from getnet_tf.config import ModelConfig
from getnet_tf.encoder import backbone_input, build_encoder, freeze_pretrained, unit_length
from getnet_tf.localiser import ThetaFromHeat, build_localiser
from getnet_tf.losses import euclidean_distance
from getnet_tf.spatial_transformer import SpatialTransformer


@keras.saving.register_keras_serializable(package="getnet_tf")
class GetNet(keras.Model):
    """Looks where the object is, then describes what is there; the same branch for both images of a pair.

    Args:
        config: a `ModelConfig`, or its fields as a dict. With `localiser="none"` it is the plain Siamese network.

    Call arguments:
        pair: dict with `image0` and `image1`, (B, H, W, C) float in [0, 1].
        training: whether BatchNorm uses and updates the statistics of the batch.
        encoder_training: the same for the encoder alone; None means as `training`.

    Returns:
        dict: `theta0`, `theta1` (B, P), absent without a localiser; `embedding0`, `embedding1` (B, E), length 1;
        `distance` (B,), small for "same": eq. 9, or minus the `logit` (B,) of the joined-vector decision.

    Source: GetNet III-C.
    """

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.config = ModelConfig(**config) if isinstance(config, dict) else config
        self.encoder = build_encoder(self.config)
        freeze_pretrained(self.encoder, self.config)
        self.localiser = None
        if self.config.localiser != "none":
            self.localiser = build_localiser(self.config)
            self.theta_from_heat = ThetaFromHeat(self.config.theta_kind, self.config.image_hw)
            self.transformer = SpatialTransformer(self.config.crop_hw, self.config.theta_kind)
        self.joined = build_joined_decision(self.config) if self.config.decision == "joined" else None
        image_shape = (None, *self.config.image_hw, self.config.channels)
        self.build({"image0": image_shape, "image1": image_shape})

    def build(self, input_shape):
        if self.localiser is not None:
            self.theta_from_heat.build(self.localiser.output_shape)
        self.built = True

    def locate(self, image, training=False):
        """Where to look: image (B, H, W, C) -> theta (B, P) float32."""
        return self.theta_from_heat(self.localiser(image, training=training))

    def describe(self, area, training=False):
        """What is there: area (B, h, w, C) -> embedding (B, E) float32 of length 1."""
        features = self.encoder(backbone_input(area, self.config), training=training)
        return unit_length(ops.cast(features, "float32"))

    def find(self, image, training=False, encoder_training=None):
        """The whole branch: image (B, H, W, C) -> theta (B, P) or None, embedding (B, E)."""
        encoder_training = training if encoder_training is None else encoder_training
        if self.localiser is None:
            return None, self.describe(image, encoder_training)
        theta = self.locate(image, training)
        return theta, self.describe(self.transformer([image, theta]), encoder_training)

    def call(self, pair, training=False, encoder_training=None):
        # Both images in one batch: the same weights, and BatchNorm sees both.
        image = ops.concatenate([pair["image0"], pair["image1"]], axis=0)
        theta, embedding = self.find(image, training, encoder_training)
        embedding0, embedding1 = ops.split(embedding, 2, axis=0)
        result = {"embedding0": embedding0, "embedding1": embedding1}
        if theta is not None:
            result["theta0"], result["theta1"] = ops.split(theta, 2, axis=0)
        if self.joined is None:
            result["distance"] = euclidean_distance(embedding0, embedding1)
        else:
            result["logit"] = ops.cast(self.joined([embedding0, embedding1]), "float32")[:, 0]
            result["distance"] = -result["logit"]
        return result

    def boxes(self, theta):
        """Target areas (B, 4) in pixels of the network's image; the whole image without a localiser."""
        return geometry.boxes_from_theta(theta, self.config.theta_kind, self.config.image_hw)

    @property
    def transformer_variables(self):
        """Trainable variables of the transformer: localiser and gain."""
        if self.localiser is None:
            return []
        return self.localiser.trainable_variables + self.theta_from_heat.trainable_variables

    @property
    def siamese_variables(self):
        """All variables of the Siamese part, moving statistics included: what the first phase must not touch."""
        return self.encoder.variables + (self.joined.variables if self.joined is not None else [])

    def get_config(self):
        return {**super().get_config(), "config": dataclasses.asdict(self.config)}


def build_joined_decision(config, keras=keras):
    """The paper's joined vector and fully connected layers: two embeddings (B, E) -> logit (B, 1), above 0 for "same".

    Source: GetNet III-B, Fig. 2.
    """
    embedding0 = keras.layers.Input((config.embedding_dim,), name="embedding0")
    embedding1 = keras.layers.Input((config.embedding_dim,), name="embedding1")
    x = keras.layers.Concatenate()([embedding0, embedding1])
    x = keras.layers.ReLU()(keras.layers.Dense(2 * config.embedding_dim)(x))
    return keras.Model([embedding0, embedding1], keras.layers.Dense(1, name="logit")(x), name="joined")
