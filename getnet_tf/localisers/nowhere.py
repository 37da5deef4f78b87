"""No localiser: the whole image is the target, which makes the plain Siamese network (III-B)."""

from getnet_tf.localisers.localiser import Localiser


class Nowhere(Localiser):
    """Looks nowhere in particular."""

    name = "none"

    def suits(self, config):
        return True

    def check(self, config):
        if config.sampled == "map":
            raise ValueError(
                "Without a localiser no area is cut out of the map. Expected sampled='image'. Received: sampled='map'."
            )

    def area_hw(self, config):
        return config.image_hw

    def find(self, branch, image, shown, training, encoder_training):
        return {"embedding": branch.embedding_of(image, encoder_training)}

    def metadata(self, config):
        return {"theta_kind": None, "descriptor_shape": None}
