"""The SpatialTransformer layer: looks only where theta says."""

import keras
from keras import ops

from edge_demo.model.thetas import KINDS
from getnet_tf import geometry


@keras.saving.register_keras_serializable(package="getnet_tf")
class SpatialTransformer(keras.layers.Layer):
    """Samples the target area of an image, differentiably in the image and in where to look.

    Why it exists: `keras.ops.image.affine_transform` gives no gradient for the transform itself.
    Under mixed precision the grid and the sampling stay float32 (half a pixel needs more than 8 bits of position);
    only the result is cast to the compute dtype.

    Convention: see `getnet_tf.geometry` (normalized x, y; theta maps output to input).

    Args:
        output_hw: (h, w) of the result, pixels. Each at least 2.
        theta_kind: kind of theta, a key of `edge_demo.model.thetas.KINDS`.

    Call arguments:
        image: (B, H, W, C) float, H and W at least 2.
        theta: (B, P) float, the numbers of `theta_kind`.

    Returns:
        (B, h, w, C) of the layer's compute dtype; zeros where the source lies outside.

    Raises:
        ValueError: if `output_hw` is smaller than 2 x 2, the kind is unknown or shapes disagree.

    Source: GetNet eq. 1-7; Jaderberg et al. 2015 (arXiv:1506.02025).

    Example:
        >>> SpatialTransformer((4, 6), "attention")([image, theta]).shape  # (B, 4, 6, C)
    """

    def __init__(self, output_hw, theta_kind="attention", **kwargs):
        # Without this Keras would cast theta to the compute dtype before `call` can keep it in float32.
        super().__init__(autocast=False, **kwargs)
        output_hw = tuple(output_hw)
        if len(output_hw) != 2 or any(not isinstance(n, int) or n < 2 for n in output_hw):
            raise ValueError(f"Invalid `output_hw`. Expected two ints >= 2. Received: output_hw={output_hw}.")
        if theta_kind not in KINDS:
            kinds = ", ".join(KINDS)
            raise ValueError(
                f"Invalid `theta_kind`. Expected one of {kinds}. Received: theta_kind={theta_kind!r}."
            )
        self.output_hw = output_hw
        self.theta_kind = theta_kind

    def call(self, inputs):
        image, theta = inputs
        if len(image.shape) != 4 or min(image.shape[1:3]) < 2:
            raise ValueError(
                f"Expected image (B, H, W, C) with H, W >= 2. Received shape {tuple(image.shape)}."
            )
        dtype = "float64" if self.compute_dtype == "float64" else "float32"
        image, theta = ops.cast(image, dtype), ops.cast(theta, dtype)
        area = geometry.sample(image, theta, self.theta_kind, self.output_hw)
        return ops.cast(area, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        image_shape, _ = input_shape
        return (image_shape[0], *self.output_hw, image_shape[-1])

    def get_config(self):
        return {**super().get_config(), "output_hw": self.output_hw, "theta_kind": self.theta_kind}
