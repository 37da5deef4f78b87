"""The branch as the edge runs it: one function per signature, over shared models."""

import tensorflow as tf

from getnet_tf import geometry
from getnet_tf.backbones.encoder import backbone_input, unit_length
from getnet_tf.localisers.correlation import descriptor_of
from getnet_tf.localisers.map_localiser import boxes_of_modes, theta_from_box
from getnet_tf.localisers.salient import theta_from_heat
from getnet_tf.metadata import descriptor_shape
from getnet_tf.model import LOOKS, look_twice, sampled_hw, seen_cells


class Branch(tf.Module):
    """Localiser and encoder, each a chain of flat models, with the float islands between and behind them.

    The islands (normalization, cosines, theta, the sampler, unit length) stay float: quantized to 8 bits the sampling
    grid moves in steps of a third of a pixel and more, and the sampled image is ruined.

    Args:
        config: `getnet_tf.config.ModelConfig`.
        gain: float, the learned gain of `theta_from_heat`; unused without a localiser, or with one on maps.
        models: the flat models by name, as `GetNet` has them: `encoder`, and, where it has them, `localiser`, `trunk`,
            `top`, `neck` and `joined`.
    """

    def __init__(self, config, gain, models):
        super().__init__()
        self.config, self.gain, self.models = config, gain, models
        self.trunk, self.top, self.neck = models.get("trunk"), models.get("top"), models.get("neck")
        self.localiser, self.encoder, self.joined = (
            models.get("localiser"),
            models["encoder"],
            models.get("joined"),
        )

    def find(self, image, descriptor=None, wanted=None, training=False):
        """image (B, H, W, C) -> {"theta": (B, P), "embedding": (B, E)}; without a localiser there is no theta.

        Guided, it also takes the descriptor (B, K, D) and the embedding `wanted` (B, E) of a reference.
        """
        config, kind = self.config, self.config.theta_kind
        if self.localiser is None:
            return {"embedding": self.describe(image, training)["embedding"]}
        if self.neck is None:
            theta = theta_from_heat(
                self.localiser(image, training=training), self.gain, kind, config.image_hw
            )
            area = geometry.sample(image, theta, kind, config.crop_hw)
            return {"theta": theta, "embedding": self._embed(self._seen(area, training), training)}
        maps = self._maps(image, training)
        heat, edges = self._heat_and_edges(maps, descriptor, training)
        source = maps[0] if config.sampled == "map" else image

        def look(theta, count):
            # As `tf.repeat`, for which the delegate has no kernel.
            repeated = tf.concat([source[:, None]] * count, axis=1)
            area = geometry.sample(
                tf.reshape(repeated, (-1, *source.shape[1:])), theta, kind, sampled_hw(config)
            )
            if config.sampled == "map":
                return self._embed(self.top(area, training=training), training)
            return self._embed(self._seen(area, training), training)

        theta, embedding = look_twice(
            heat,
            edges,
            wanted,
            self._embed(maps[1], training),
            self._theta_of_box,
            look,
        )
        return {"theta": theta, "embedding": embedding}

    def locate(self, image, descriptor=None):
        """The first half of `find`, for who samples the target area himself, from a larger frame.

        Returns:
            {"theta": (N, P)}, the places to look at in one image (1, H, W, C), the surest first; of a localiser on maps also
            "sure" (1, N), how sure it is of each, and "whole" (1, E), the embedding of the whole image: see `look_twice`; guided,
            also "heat" (1, 1), how sure it is of the surest cell at all, as a logit.
        """
        if self.neck is None:
            heat = self.localiser(image)
            return {"theta": theta_from_heat(heat, self.gain, self.config.theta_kind, self.config.image_hw)}
        maps = self._maps(image, False)
        heat, edges = self._heat_and_edges(maps, descriptor, False)
        boxes, sure = boxes_of_modes(heat, edges, looks_of(self.config))
        theta = self._theta_of_box(tf.reshape(boxes, (-1, 4)))
        found = {"theta": theta, "sure": sure, "whole": self._embed(maps[1], False)}
        if descriptor is None:
            return found
        h, w = heat.shape[1:3]
        return found | {"heat": tf.reduce_max(tf.reshape(heat, (-1, h * w)), axis=1, keepdims=True)}

    def describe(self, image, training=False):
        """image (B, h, w, C), all of it the target area -> {"embedding": (B, E)}; guided also "descriptor" (B, K, D)."""
        if self.config.localiser != "guided":
            return {"embedding": self._embed(self._seen(image, training), training)}
        maps = self._maps(image, training)
        local_fine, local_coarse, _ = self.neck(maps, training=training)
        cells = self.config.descriptor_cells
        descriptor = tf.concat([descriptor_of(local_fine, cells), descriptor_of(local_coarse, cells)], axis=1)
        return {"embedding": self._embed(maps[1], training), "descriptor": descriptor}

    def search(self, image, reference=None):
        """`find`, guided by what `describe` makes of references (B, h, w, C)."""
        if reference is None:
            return self.find(image)
        shown = self.describe(reference)
        return self.find(image, shown["descriptor"], shown["embedding"])

    def compare(self, embedding0, embedding1, training=False):
        """Two embeddings (B, E) -> {"logit": (B, 1)}."""
        return {"logit": self.joined([embedding0, embedding1], training=training)}

    def _heat_and_edges(self, maps, descriptor, training):
        cells = seen_cells(*self.neck(maps, training=training), descriptor)
        return self.localiser(cells, training=training)

    def _theta_of_box(self, boxes):
        return theta_from_box(boxes, self.config.theta_kind, self.config.image_hw)

    def _maps(self, image, training):
        fine, coarse = self._fine_and_coarse(image, training)
        return fine, coarse, self.encoder(coarse, training=training)[0]

    def _fine_and_coarse(self, image, training):
        fine = self.trunk(backbone_input(image, self.config), training=training)
        return fine, self.top(fine, training=training)

    def _seen(self, area, training):
        """What the encoder takes of an area (B, h, w, C)."""
        return area if self.trunk is None else self._fine_and_coarse(area, training)[1]

    def _embed(self, seen, training):
        features = self.encoder(seen, training=training)
        return unit_length(features if self.trunk is None else features[1])

    def signatures(self):
        """The named signatures of the file: concrete functions of one image."""
        config = self.config

        def function_of(call, **shapes):
            specs = {
                name: tf.TensorSpec((1, *shape), tf.float32, name=name) for name, shape in shapes.items()
            }
            return tf.function(call).get_concrete_function(**specs)

        frame = {"image": (*config.image_hw, config.channels)}
        described_hw = config.image_hw if self.localiser is None else config.crop_hw
        area = (*described_hw, config.channels)
        functions = {"describe": function_of(lambda image: self.describe(image), image=area)}
        # An area of the map cannot be cut out of a frame.
        from_frame = self.localiser is not None and config.sampled == "image"
        if config.localiser != "guided":
            functions["find"] = function_of(lambda image: self.find(image), **frame)
            if from_frame:
                functions["see"] = function_of(lambda image: self.locate(image), **frame)
        else:
            described = {"descriptor": descriptor_shape(config)}
            if from_frame:
                functions["locate"] = function_of(
                    lambda image, descriptor: self.locate(image, descriptor), **frame, **described
                )
            else:
                functions["find"] = function_of(
                    lambda image, descriptor, wanted: self.find(image, descriptor, wanted),
                    **frame,
                    **described,
                    wanted=(config.embedding_dim,),
                )
        if self.joined is not None:
            embedding = (config.embedding_dim,)
            functions["compare"] = function_of(
                lambda embedding0, embedding1: self.compare(embedding0, embedding1),
                embedding0=embedding,
                embedding1=embedding,
            )
        return functions


def looks_of(config):
    """How many places a network on maps looks at."""
    return LOOKS if config.localiser == "guided" else 1
