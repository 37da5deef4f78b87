"""The aligner: how a thing shown in A lies in B, by an affine map first and then by a spline, as one Keras model."""

import keras

from getnet_tf.alignment.regressor import build_regressor
from getnet_tf.alignment.steps import Steps
from getnet_tf.backbones import efficientnet_lite0
from getnet_tf.spatial_transformer import SpatialTransformer

AFFINE, SPLINE = "affine", "tps"


def build_parts(image_hw, keras=keras):
    """The flat models of an aligner by name, each of which quantizes whole.

    Args:
        image_hw: (H, W) of both pictures, pixels.
        keras: the Keras namespace to build with, `keras` or `tf_keras`.

    Returns:
        dict: "trunk", normalized image -> map; "affine" and "tps", correlation -> [offset, fit], see `build_regressor`.
    """
    cells_hw = tuple(n // efficientnet_lite0.STRIDE for n in image_hw)
    return {
        "trunk": efficientnet_lite0.build_trunk(image_hw, keras),
        AFFINE: build_regressor(cells_hw, AFFINE, keras),
        SPLINE: build_regressor(cells_hw, SPLINE, keras),
    }


@keras.saving.register_keras_serializable(package="getnet_tf")
class Aligner(Steps, keras.Model):
    """Lays A on B: affine, then, by a spline, what is left.

    A's turns are tried all at once, and the one that fits best counts: no feature of a network looks the same upside down, so
    the regressor need not know more than half the way to the next turn.

    Convention: theta maps B to A, a point p of B lies at theta(p) in A; see `edge_demo.model.thetas.kind`.

    Args:
        image_hw: (H, W) of both pictures, pixels; a square, a multiple of 16.

    Call arguments:
        image_a, image_b: (B, H, W, 3) float, RGB in [0, 1], each stretched to `image_hw`.

    Returns:
        dict: "affine" (B, 6); "tps" (B, 18), to be read first: A at affine(tps(p)) is what B has at p; "confidence" (B,), a
        logit, above 0 where A and B show one thing.

    Source: Rocco et al. 2017 (arXiv:1703.05593); differs: EfficientNet-Lite0, turns, and whether the two fit.
    """

    def __init__(self, image_hw, **kwargs):
        super().__init__(**kwargs)
        self.image_hw = tuple(image_hw)
        parts = build_parts(self.image_hw)
        # Attributes, by which Keras finds variables and names them in a checkpoint.
        self.trunk, self.affine, self.tps = (parts[name] for name in ("trunk", AFFINE, SPLINE))
        self.trunk.trainable = False
        self.transformer = SpatialTransformer(self.image_hw, AFFINE)
        self.built = True

    def call(self, image_a, image_b):
        maps_b = self.maps(image_b)
        affine, _ = self.best_turn(self.turns(image_a), maps_b)
        tps, confidence = self.bent(image_a, affine, maps_b)
        return {"affine": affine, "tps": tps, "confidence": confidence}

    def fits(self, config):
        """Whether it is the network of these settings."""
        return self.image_hw == config.image_hw

    def get_config(self):
        return {**super().get_config(), "image_hw": self.image_hw}
