"""The paper's localiser (III-A): theta from the image alone, for which the object is whatever stands out.

It draws a heat map; see `heat` for the layers and for how heat becomes theta.
"""

from edge_demo.model.thetas import LOCATED
from getnet_tf.localisers.localiser import Localiser


class Salient(Localiser):
    """Sees the image itself: for digits and backbones that learn everything anew."""

    name = "salient"

    def check(self, config):
        if config.theta_kind not in LOCATED:
            raise ValueError(
                f"A heat map gives theta of the kind {', '.join(LOCATED[:-1])} or {LOCATED[-1]}. Received: "
                f"theta_kind={config.theta_kind!r}."
            )
        if config.sampled == "map":
            raise ValueError(
                "Areas are cut from the map of a pretrained backbone. Expected sampled='image'. Received: "
                f"sampled='map', backbone={config.backbone!r}."
            )

    def parts(self, config, keras):
        from getnet_tf.localisers.heat import ThetaFromHeat, build_localiser

        return {
            "localiser": build_localiser(config, keras),
            "theta_from_heat": ThetaFromHeat(config.theta_kind, config.image_hw),
        }

    def find(self, branch, image, shown, training, encoder_training):
        theta = self.theta(branch, image, training)
        area = branch.transformer([image, theta])
        return {"theta": theta, "embedding": branch.embedding_of(area, encoder_training)}

    def see(self, branch, image):
        return {"theta": self.theta(branch, image, False)}

    def theta(self, branch, image, training):
        """Where to look: image (B, H, W, C) -> theta (B, P) float32."""
        return branch.theta_from_heat(branch.localiser(image, training=training))

    def transformer_variables(self, branch):
        return branch.localiser.trainable_variables + branch.theta_from_heat.trainable_variables
