"""GetNet (III-C): localiser, SpatialTransformer and encoder, wired once and used for both images of a pair."""

import dataclasses

import keras
from keras import ops

from getnet_tf import geometry
from getnet_tf.backbones.blocks import LEAST
from getnet_tf.backbones.efficientnet_lite0 import STRIDE
from getnet_tf.backbones.encoder import backbone_input, build_encoder, build_top, build_trunk, unit_length
from getnet_tf.config import ModelConfig
from getnet_tf.localisers.correlation import descriptor_of, two_scale_correlation
from getnet_tf.localisers.map_localiser import (
    box_areas,
    box_from_cells,
    boxes_of_modes,
    build_map_localiser,
    largest,
    theta_from_box,
)
from getnet_tf.localisers.neck import CONTENT_DIM, LOCAL_DIM, build_neck
from getnet_tf.localisers.salient import ThetaFromHeat, build_localiser
from getnet_tf.spatial_transformer import SpatialTransformer
from getnet_tf.training.losses import euclidean_distance

LOOKS = 2  # places that a guided network looks at before it decides
TRUST = 16.0  # how many e-foldings of being sure a distance of 1 outweighs; chosen on scenes of validation classes
# A target area that fills half the frame is described as much by the frame: what nearly fills a picture is known best
# from all of it, while of a small object the frame says nothing. Chosen on validation pictures.
CONTEXT = 4.0


@keras.saving.register_keras_serializable(package="getnet_tf")
class GetNet(keras.Model):
    """Looks where the object is, then describes what is there; the same branch for both images of a pair.

    Args:
        config: a `ModelConfig`, or its fields as a dict. With `localiser="none"` it is the plain Siamese network.

    Call arguments:
        pair: dict with `image0` and `image1`, (B, H, W, C) float in [0, 1]. With the localiser `guided` also
            `reference0` and `reference1`, (B, h, w, C), the same pictures at the size of the target area: each image
            is searched for what the other picture shows.
        training: whether BatchNorm uses and updates the statistics of the batch.
        encoder_training: the same for the encoder alone; None means as `training`.

    Returns:
        dict: `theta0`, `theta1` (B, P), absent without a localiser; `embedding0`, `embedding1` (B, E), length 1, of the
        target areas; `distance` (B,), small for "same": eq. 9, or minus the `logit` (B,) of the joined-vector
        decision; guided, the mean over both directions.

    Source: GetNet III-C; `guided` is ours.
    """

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.config = config = ModelConfig(**config) if isinstance(config, dict) else config
        self.trunk, self.top = build_trunk(config), build_top(config)
        if self.trunk is not None:
            self.trunk.trainable = config.weights == "random"
        self.encoder = build_encoder(config)
        self.localiser = self.neck = None
        if config.on_maps:
            self.neck = build_neck(config)
            self.localiser = build_map_localiser(seen_channels(config))
        elif config.localiser != "none":
            self.localiser = build_localiser(config)
            self.theta_from_heat = ThetaFromHeat(config.theta_kind, config.image_hw)
        if config.localiser != "none":
            self.transformer = SpatialTransformer(sampled_hw(config), config.theta_kind)
        self.joined = build_joined_decision(config) if config.decision == "joined" else None
        shapes = {f"image{i}": (None, *config.image_hw, config.channels) for i in (0, 1)}
        if config.localiser == "guided":
            shapes |= {f"reference{i}": (None, *config.crop_hw, config.channels) for i in (0, 1)}
        self.build(shapes)

    def build(self, input_shape):
        if self.localiser is not None and self.neck is None:
            self.theta_from_heat.build(self.localiser.output_shape)
        self.built = True

    def maps(self, image, training=False):
        """What a pretrained backbone sees: image (B, H, W, 3) -> fine map (B, H / 16, W / 16, ...), coarse map of half
        its size, and the evidence of that map's cells."""
        # Statistics of ImageNet's millions of pictures are better than those of a batch.
        training = training and self.config.weights == "random"
        fine = self.trunk(backbone_input(image, self.config), training=training)
        coarse = self.top(fine, training=training)
        return fine, coarse, self.encoder(coarse)[0]

    def locate(self, image, training=False):
        """Where to look: image (B, H, W, C) -> theta (B, P) float32, by the localiser that sees the image itself."""
        return self.theta_from_heat(self.localiser(image, training=training))

    def locate_on_maps(self, maps, descriptor=None, training=False):
        """Where to look, from the three maps of a frame and, guided, the descriptor (B, K, D) of a reference.

        Returns:
            box (B, 4) float32, (xmin, ymin, xmax, ymax) as shares of the frame, and the weights (B, h, w) of the cells.
        """
        return box_from_cells(*self.heat_and_edges(maps, descriptor, training))

    def heat_and_edges(self, maps, descriptor=None, training=False):
        """What the cells of a frame say, from its three maps and, guided, a descriptor: see `build_map_localiser`."""
        cells = seen_cells(*self.neck(maps, training=training), descriptor)
        return self.localiser(cells, training=training)

    def theta_of_box(self, box):
        """Boxes (B, 4) as shares of the frame -> theta (B, P)."""
        return theta_from_box(box, self.config.theta_kind, self.config.image_hw)

    def descriptor(self, maps, training=False):
        """What a guided localiser knows of a reference, from its three maps: (B, K, D) float32."""
        local_fine, local_coarse, _ = self.neck(maps, training=training)
        cells = self.config.descriptor_cells
        return ops.concatenate([descriptor_of(local_fine, cells), descriptor_of(local_coarse, cells)], axis=1)

    def embed(self, coarse, training=False):
        """The encoder's last layers: its input, or a pretrained top's map -> embedding (B, E) float32 of length 1."""
        features = self.encoder(coarse, training=training)
        return unit_length(ops.cast(features if self.trunk is None else features[1], "float32"))

    def describe(self, area, training=False):
        """What is there: area (B, h, w, C) -> embedding (B, E) float32 of length 1."""
        if self.trunk is not None:
            return self.embed(self.maps(area, training)[1], training)
        return self.embed(area, training)

    def find(self, image, training=False, encoder_training=None, descriptor=None, wanted=None):
        """The whole branch: image (B, H, W, C) -> theta (B, P) or None, embedding (B, E) of the target area.

        Guided, it also takes the descriptor (B, K, D) and the embedding `wanted` (B, E) of a reference.
        """
        encoder_training = training if encoder_training is None else encoder_training
        if self.localiser is None:
            return None, self.describe(image, encoder_training)
        if self.neck is None:
            theta = self.locate(image, training)
            return theta, self.describe(self.transformer([image, theta]), encoder_training)
        maps = self.maps(image)
        heat, edges = self.heat_and_edges(maps, descriptor, training)
        source = maps[0] if self.config.sampled == "map" else image

        def look(theta, count):
            area = self.transformer([ops.repeat(source, count, axis=0), theta])
            if self.config.sampled == "map":
                return self.embed(self.top(area), encoder_training)
            return self.describe(area, encoder_training)

        whole = self.embed(maps[1], encoder_training)
        return look_twice(heat, edges, wanted, whole, self.theta_of_box, look)

    def call(self, pair, training=False, encoder_training=None):
        # Both images in one batch: the same weights, and BatchNorm sees both.
        image = ops.concatenate([pair["image0"], pair["image1"]], axis=0)
        descriptor = wanted = None
        if self.config.localiser == "guided":
            shown = ops.concatenate([pair["reference1"], pair["reference0"]], axis=0)
            maps = self.maps(shown)
            descriptor, wanted = self.descriptor(maps, training), self.embed(maps[1], encoder_training)
        theta, embedding = self.find(image, training, encoder_training, descriptor, wanted)
        embedding0, embedding1 = ops.split(embedding, 2, axis=0)
        result = {"embedding0": embedding0, "embedding1": embedding1}
        if theta is not None:
            result["theta0"], result["theta1"] = ops.split(theta, 2, axis=0)
        if descriptor is not None:
            # Each target area beside what it was searched for.
            result["distance"] = ops.mean(
                ops.stack(ops.split(euclidean_distance(embedding, wanted), 2)), axis=0
            )
        elif self.joined is None:
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
        """Trainable variables of the transformer: localiser and gain, or neck."""
        if self.localiser is None:
            return []
        first = self.theta_from_heat if self.neck is None else self.neck
        return self.localiser.trainable_variables + first.trainable_variables

    @property
    def siamese_variables(self):
        """All variables of the Siamese part, moving statistics included: what the first phase must not touch."""
        parts = [part for part in (self.trunk, self.top, self.encoder, self.joined) if part is not None]
        return [variable for part in parts for variable in part.variables]

    def get_config(self):
        return {**super().get_config(), "config": dataclasses.asdict(self.config)}


def seen_channels(config):
    """Channels that a localiser on maps sees of each cell, see `seen_cells`."""
    descriptor = 2 * (1 + config.descriptor_cells**2) if config.localiser == "guided" else 2 * LOCAL_DIM
    return descriptor + CONTENT_DIM


def seen_cells(local_fine, local_coarse, content, descriptor=None):
    """What a localiser on maps sees of each cell: how it is like the reference, or what it is; and its content.

    Args:
        local_fine (B, h, w, D), local_coarse (B, h / 2, w / 2, D), content (B, h, w, C): of the neck.
        descriptor: (B, K, D) of the reference; None for the localiser `salient`.

    Returns:
        (B, h, w, K + C), or (B, h, w, 2 D + C).
    """
    if descriptor is not None:
        return ops.concatenate(
            [two_scale_correlation(local_fine, local_coarse, descriptor), content], axis=-1
        )
    coarse = ops.image.resize(local_coarse, local_fine.shape[1:3], interpolation="bilinear")
    return ops.concatenate([local_fine, coarse, content], axis=-1)


def look_twice(heat, edges, wanted, whole, theta_of_box, look):
    """Looks at the surest places, and stays with the one that is surest and most like what is wanted.

    Without anything wanted there is one look, at the surest place. The larger a target area, the more of the whole frame
    is in its embedding, see `CONTEXT`.

    Args:
        heat, edges: of the localiser.
        wanted: (B, E) embedding of the reference, or None.
        whole: (B, E) embedding of the whole frame.
        theta_of_box: function boxes (M, 4), shares of the frame -> theta (M, P).
        look: function (theta (B n, P), n) -> embeddings (B n, E) of the target areas, those of one frame in a row.

    Returns:
        theta (B, P), embedding (B, E).
    """
    count = 1 if wanted is None else LOOKS
    boxes, sure = boxes_of_modes(heat, edges, count)
    theta = theta_of_box(ops.reshape(boxes, (-1, 4)))
    embedding = look(theta, count)
    theta, embedding = (ops.reshape(x, (-1, count, x.shape[-1])) for x in (theta, embedding))
    area = box_areas(boxes)
    embedding = unit_length(embedding + CONTEXT * area * area * ops.expand_dims(whole, 1))
    if wanted is None:
        return theta[:, 0], embedding[:, 0]
    gap = embedding - ops.expand_dims(wanted, 1)
    rank = ops.log(sure + LEAST) - TRUST * ops.sqrt(ops.sum(gap * gap, axis=-1) + LEAST)
    best = largest(rank)
    best = ops.expand_dims(best / ops.sum(best, axis=-1, keepdims=True), 1)
    return (ops.reshape(ops.matmul(best, x), (-1, x.shape[-1])) for x in (theta, embedding))


def sampled_hw(config):
    """(h, w) of what the transformer samples: pixels of the target area, or cells of its map."""
    if config.sampled == "map":
        return tuple(n // STRIDE for n in config.crop_hw)
    return config.crop_hw


def build_joined_decision(config, keras=keras):
    """The paper's joined vector and fully connected layers: two embeddings (B, E) -> logit (B, 1), above 0 for "same".

    Source: GetNet III-B, Fig. 2.
    """
    embedding0 = keras.layers.Input((config.embedding_dim,), name="embedding0")
    embedding1 = keras.layers.Input((config.embedding_dim,), name="embedding1")
    x = keras.layers.Concatenate()([embedding0, embedding1])
    x = keras.layers.ReLU()(keras.layers.Dense(2 * config.embedding_dim)(x))
    return keras.Model([embedding0, embedding1], keras.layers.Dense(1, name="logit")(x), name="joined")
