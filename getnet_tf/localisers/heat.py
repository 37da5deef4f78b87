"""A heat map of an image, and theta from its centre and spread (III-A): the layers and maths of the salient localiser.

A convolutional net draws a heat map; the target area is the heat's centre and spread. Both follow the object when it
moves or grows, by construction, so nothing has to be learned again for every place in the image. (A flattened fully
connected localiser learned nothing from pair labels.)
"""

import keras
from keras import ops

from edge_demo.model.thetas import kind_named
from getnet_tf.backbones.blocks import conv_bn_relu

CELL_PX = 4  # side of a cell of the map


def build_localiser(config, keras=keras):
    """The convolutional part, a flat model that quantizes whole.

    Args:
        config: a `ModelConfig` with a localiser.
        keras: the Keras namespace to build with.

    Returns:
        Model: image (B, H, W, C) float in [0, 1] -> map (B, ceil(H / 4), ceil(W / 4), 1 + extra): logits of the heat,
        then what the kind of theta asks for besides, `ThetaKind.extra` channels.
    """
    image = keras.layers.Input((*config.image_hw, config.channels), name="image")
    x = conv_bn_relu(image, 16, 6, 2, keras)
    x = conv_bn_relu(x, 32, 4, 2, keras)
    for _ in range(3):  # until a cell sees 36 px around itself, more than a digit
        x = conv_bn_relu(x, 32, 3, 1, keras)
    # Nearly flat heat at first: the first target area is the whole image, then it closes in.
    small = keras.initializers.RandomNormal(stddev=0.02, seed=7)
    heat = keras.layers.Conv2D(
        1 + kind_named(config.theta_kind).extra, 1, kernel_initializer=small, name="heat"
    )(x)
    return keras.Model(image, heat, name="localiser")


def cell_centres_norm(cells, length_px):
    """Normalized coordinates of the centres of `cells` cells of 4 pixels in `length_px`: (cells,) float32."""
    centre_px = (ops.arange(cells, dtype="float32") + 0.5) * CELL_PX - 0.5
    return centre_px * (2.0 / (length_px - 1)) - 1.0


def heat_moments(heat_map, image_hw):
    """Centre and spread of the heat, and the other channels averaged where it is hot.

    Args:
        heat_map: (B, h, w, 1 + extra) float, logits of the heat first.
        image_hw: (H, W) of the image that the map was drawn for, pixels.

    Returns:
        centre (B, 2) and spread (B, 2), (x, y) mean and standard deviation in normalized coordinates, and
        extra (B, extra).
    """
    h, w, channels = heat_map.shape[1:]
    # A share of a sigmoid, not a softmax: it cannot pile up on one cell, so the spread measures the object's extent.
    heat = ops.sigmoid(heat_map[..., 0] - 2.0)
    heat = heat / (ops.sum(heat, axis=(1, 2), keepdims=True) + 1e-6)
    flat_map = ops.reshape(heat_map, (-1, h * w, channels))
    extra = ops.matmul(ops.reshape(heat, (-1, 1, h * w)), flat_map)[:, 0, 1:]
    x, y = cell_centres_norm(w, image_hw[1]), cell_centres_norm(h, image_hw[0])
    over_x, over_y = ops.sum(heat, axis=1), ops.sum(heat, axis=2)  # (B, w), (B, h)
    centre_x, centre_y = ops.sum(over_x * x, -1, keepdims=True), ops.sum(over_y * y, -1, keepdims=True)
    variance_x = ops.sum(over_x * ops.square(x - centre_x), -1, keepdims=True)
    variance_y = ops.sum(over_y * ops.square(y - centre_y), -1, keepdims=True)
    centre = ops.concatenate([centre_x, centre_y], axis=-1)
    # A floor of 1 % of the image: the square root has no slope at 0.
    spread = ops.sqrt(ops.concatenate([variance_x, variance_y], axis=-1) + 1e-4)
    return centre, spread, extra


def theta_from_heat(heat_map, gain, kind, image_hw):
    """Any kind of theta from the localiser's map.

    Args:
        heat_map: (B, h, w, 1 + extra) float.
        gain: () float, half the side of the target area per standard deviation of the heat.
        kind: name of a kind of theta.
        image_hw: (H, W) of the image, pixels.

    Returns:
        (B, P) float, theta.

    Source: GetNet III-A; the soft-argmax centre after Finn et al. 2016 (arXiv:1509.06113), the spread is ours.
    """
    centre, spread, extra = heat_moments(heat_map, image_hw)
    return kind_named(kind).from_heat(centre, gain * spread, extra, ops)


@keras.saving.register_keras_serializable(package="getnet_tf")
class ThetaFromHeat(keras.layers.Layer):
    """Theta from the localiser's map, with a learned gain; see `theta_from_heat`. Always float32.

    Args:
        theta_kind: name of a kind of theta.
        image_hw: (H, W) of the image, pixels.
        initial_gain: half sides per standard deviation at the start. Uniform heat has a spread of 0.58, so 1.5 starts
            with nearly the whole image.

    Call arguments:
        heat_map: (B, h, w, 1 + extra) float.

    Returns:
        (B, P) float32.
    """

    def __init__(self, theta_kind, image_hw, initial_gain=1.5, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.theta_kind = theta_kind
        self.image_hw = tuple(image_hw)
        self.initial_gain = initial_gain

    def build(self, _):
        initial = keras.initializers.Constant(self.initial_gain)
        self.gain = self.add_weight(
            shape=(),
            initializer=initial,
            dtype="float32",
            trainable=kind_named(self.theta_kind).scales,
            name="gain",
        )

    def call(self, heat_map):
        return theta_from_heat(ops.cast(heat_map, "float32"), self.gain, self.theta_kind, self.image_hw)

    def frozen(self):
        """The same as a function, its gain a number: a file for the edge has no variables."""
        gain = float(self.gain.numpy())
        return lambda heat_map: theta_from_heat(heat_map, gain, self.theta_kind, self.image_hw)

    def get_config(self):
        settings = {
            "theta_kind": self.theta_kind,
            "image_hw": self.image_hw,
            "initial_gain": self.initial_gain,
        }
        return {**super().get_config(), **settings}
