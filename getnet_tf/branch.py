"""The branch (III-C): localiser, SpatialTransformer and encoder wired once, in whatever Keras the models are made of.

This is the only definition of the forward pass. `GetNet` trains it, the exporter gives its functions names, the evaluation
and the labelling call it. It is a plain class over flat models: those of Keras 3 while it learns, those of `tf_keras`, with
fake quantization or without, while it is exported.
"""

import keras
from keras import ops

from getnet_tf import geometry
from getnet_tf.backbones.efficientnet_lite0 import STRIDE
from getnet_tf.backbones.encoder import backbone_input, build_encoder, build_top, build_trunk, unit_length
from getnet_tf.localisers import localiser_of
from getnet_tf.localisers.map_localiser import theta_from_box
from getnet_tf.spatial_transformer import SpatialTransformer
from getnet_tf.training.losses import euclidean_distance


def build_parts(config, keras=keras):
    """The models of a branch by name: what a `ModelConfig` has of trunk, top, encoder, neck, localiser, theta_from_heat, joined.

    Args:
        config: `ModelConfig`.
        keras: the Keras namespace to build the flat models with, `keras` or `tf_keras`.
    """
    parts = {name: build(config, keras) for name, build in (("trunk", build_trunk), ("top", build_top))}
    parts["encoder"] = build_encoder(config, keras)
    parts |= localiser_of(config).parts(config, keras)
    if config.decision == "joined":
        parts["joined"] = build_joined_decision(config, keras)
    return {name: part for name, part in parts.items() if part is not None}


def build_joined_decision(config, keras=keras):
    """The paper's joined vector and fully connected layers: two embeddings (B, E) -> logit (B, 1), above 0 for "same".

    Source: GetNet III-B, Fig. 2.
    """
    embedding0 = keras.layers.Input((config.embedding_dim,), name="embedding0")
    embedding1 = keras.layers.Input((config.embedding_dim,), name="embedding1")
    x = keras.layers.Concatenate()([embedding0, embedding1])
    x = keras.layers.ReLU()(keras.layers.Dense(2 * config.embedding_dim)(x))
    return keras.Model([embedding0, embedding1], keras.layers.Dense(1, name="logit")(x), name="joined")


class Branch:
    """Looks where the object is, then describes what is there.

    What is between and behind the models (normalization, cosines, theta, the sampler, unit length) is float whatever they
    are: quantized to 8 bits the sampling grid moves in steps of a third of a pixel and more, and the sampled image is
    ruined.

    Args:
        config: `ModelConfig`.
        parts: models by name, as `build_parts` makes them.
        backbone_moves: whether trunk and top are told that they train. Statistics of ImageNet's millions of pictures are
            better than those of a batch; but the ranges of fake quantization follow the data only where they are told.

    Source: GetNet III-C; `guided` is ours.
    """

    def __init__(self, config, parts, backbone_moves=True):
        self.config, self.parts, self._backbone_moves = config, parts, backbone_moves
        self.trunk, self.top, self.encoder = parts.get("trunk"), parts.get("top"), parts["encoder"]
        self.localiser, self.neck, self.joined = (parts.get(n) for n in ("localiser", "neck", "joined"))
        self.theta_from_heat = parts.get("theta_from_heat")
        self.transformer = SpatialTransformer(sampled_hw(config), config.theta_kind)
        self.strategy = localiser_of(config)

    def maps(self, image, training=False):
        """What a pretrained backbone sees: image (B, H, W, 3) -> fine map (B, H / 16, W / 16, ...), coarse map of half
        its size, and the evidence of that map's cells."""
        fine = self._fine(image, training)
        coarse = self._coarse(fine, training)
        return fine, coarse, self.encoder(coarse, training=training)[0]

    def embed(self, seen, training=False):
        """The encoder's last layers: its input, or a pretrained top's map -> embedding (B, E) float32 of length 1."""
        features = self.encoder(seen, training=training)
        return unit_length(ops.cast(features if self.trunk is None else features[1], "float32"))

    def embedding_of(self, area, training=False):
        """What is there: area (B, h, w, C), all of it the target -> embedding (B, E) float32 of length 1."""
        if self.trunk is None:
            return self.embed(area, training)
        return self.embedding_of_map(self._fine(area, training), training)

    def embedding_of_map(self, fine, training=False):
        """As `embedding_of`, from a trunk's map (B, h, w, C) of an area, or cut out to one."""
        return self.embed(self._coarse(fine, training), training)

    def describe(self, area, training=False, encoder_training=None):
        """A reference: area (B, h, w, C), all of it the target -> {"embedding": (B, E)}; guided also "descriptor" (B, K, D)."""
        encoder_training = training if encoder_training is None else encoder_training
        if not self.strategy.takes_reference:
            return {"embedding": self.embedding_of(area, encoder_training)}
        maps = self.maps(area, encoder_training)
        descriptor = self.strategy.descriptor(self, maps, training)
        return {"embedding": self.embed(maps[1], encoder_training), "descriptor": descriptor}

    def find(self, image, shown=None, training=False, encoder_training=None):
        """The whole branch: image (B, H, W, C) -> {"theta": (B, P), "embedding": (B, E)} of the target area.

        Args:
            image: (B, H, W, C) float in [0, 1].
            shown: what `describe` made of the references, for a localiser that takes one.
            training: whether the localiser's BatchNorms use and update the statistics of the batch.
            encoder_training: the same for backbone and encoder; None means as `training`.

        Without a localiser there is no theta.
        """
        encoder_training = training if encoder_training is None else encoder_training
        return self.strategy.find(self, image, shown, training, encoder_training)

    def see(self, image):
        """What depends on a frame alone, for who searches it for many things and samples the target areas himself.

        Args:
            image: (1, H, W, C) float in [0, 1].

        Returns:
            Of a localiser that takes a reference: the neck's maps "fine" (1, h, w, D), "coarse" (1, h / 2, w / 2, D) and
            "content" (1, h, w, C), for `locate`. Of any other the places themselves, "theta" (N, P), the surest first. On
            maps also "whole" (1, E), the embedding of the whole image, see `likeliest_place`, and with places "sure" (1, N).
        """
        return self.strategy.see(self, image)

    def locate(self, seen, descriptor):
        """The places to look at in one frame, by what was seen of it and the descriptor (1, K, D) of a reference.

        Returns:
            {"theta": (N, P), "sure": (1, N), "heat": (1, 1)}: the places, the surest first; how sure it is of each; and the
            logit of the surest cell at all.
        """
        return self.strategy.locate(self, seen, descriptor)

    def search(self, image, reference=None):
        """`find`, guided by what `describe` makes of references (B, h, w, C), if there are any."""
        return self.find(image, None if reference is None else self.describe(reference))

    def compare(self, embedding0, embedding1, training=False):
        """Two embeddings (B, E) -> {"logit": (B, 1)} of the joined-vector decision, above 0 for "same"."""
        logit = self.joined([embedding0, embedding1], training=training)
        return {"logit": ops.cast(logit, "float32")}

    def pair(self, pair, training=False, encoder_training=None):
        """A batch of pairs.

        Args:
            pair: dict with `image0` and `image1`, (B, H, W, C) float in [0, 1]; for a localiser that takes a reference also
                `reference0` and `reference1`, (B, h, w, C), the same pictures at the size of the target area: each
                image is searched for what the other picture shows.
            training, encoder_training: as `find`.

        Returns:
            dict: `theta0`, `theta1` (B, P), absent without a localiser; `embedding0`, `embedding1` (B, E), length 1, of the
            target areas; `distance` (B,), small for "same": eq. 9, or minus the `logit` (B,) of the joined-vector
            decision; with references the mean over both directions, and `shown`, what `describe` made of reference1 and
            reference0.
        """
        # Both images in one batch: the same weights, and BatchNorm sees both.
        image = ops.concatenate([pair["image0"], pair["image1"]], axis=0)
        shown = None
        if self.strategy.takes_reference:
            reference = ops.concatenate([pair["reference1"], pair["reference0"]], axis=0)
            shown = self.describe(reference, training, encoder_training)
        found = self.find(image, shown, training, encoder_training)
        result = {}
        for name, value in found.items():
            result[f"{name}0"], result[f"{name}1"] = ops.split(value, 2, axis=0)
        if shown is not None:
            # Each target area beside what it was searched for.
            both = euclidean_distance(found["embedding"], shown["embedding"])
            result |= {"shown": shown, "distance": ops.mean(ops.stack(ops.split(both, 2)), axis=0)}
        elif self.joined is None:
            result["distance"] = euclidean_distance(result["embedding0"], result["embedding1"])
        else:
            result["logit"] = self.compare(result["embedding0"], result["embedding1"], training)["logit"][
                :, 0
            ]
            result["distance"] = -result["logit"]
        return result

    def theta_of_box(self, box):
        """Boxes (B, 4) as shares of the frame -> theta (B, P) that looks at them."""
        return theta_from_box(box, self.config.theta_kind, self.config.image_hw)

    def boxes(self, theta):
        """Target areas (B, 4) in pixels of the network's image."""
        return geometry.boxes_from_theta(theta, self.config.theta_kind, self.config.image_hw)

    def _fine(self, image, training):
        return self.trunk(backbone_input(image, self.config), training=training and self._backbone_moves)

    def _coarse(self, fine, training):
        return self.top(fine, training=training and self._backbone_moves)


def sampled_hw(config):
    """(h, w) of what the transformer samples: pixels of the target area, or cells of its map."""
    if config.sampled == "map":
        return tuple(n // STRIDE for n in config.crop_hw)
    return config.crop_hw
