"""getnet_tf.spatial_transformer: the layer around `geometry.sample`."""

import numpy as np
import pytest
import tensorflow as tf
from checks import KINDS, check_layer, gradient_error, theta_of

from getnet_tf import geometry
from getnet_tf.spatial_transformer import SpatialTransformer

HW, OUT_HW = (5, 7), (4, 6)


def batch_for(kind, rng, image_hw=HW):
    return rng.random((3, *image_hw, 2), np.float32), theta_of(kind, rng).astype(np.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_the_layer_keeps_the_contract(kind, rng, tmp_path):
    check_layer(
        lambda: SpatialTransformer(OUT_HW, kind), [*batch_for(kind, rng)], (3, *OUT_HW, 2), 0, tmp_path
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_layer_does_what_the_function_does(kind, rng):
    image, theta = batch_for(kind, rng)
    area = SpatialTransformer(OUT_HW, kind)([image, theta])
    np.testing.assert_array_equal(area, geometry.sample(tf.constant(image), tf.constant(theta), kind, OUT_HW))


@pytest.mark.parametrize("kind", ["box", "affine"])
def test_a_float64_layer_is_as_exact_as_the_function(kind, rng):
    layer = SpatialTransformer(OUT_HW, kind, dtype="float64")
    error, size = gradient_error(lambda u, t: layer([u, t]), rng.random((1, *HW, 1)), theta_of(kind, rng, 1))
    assert error < 1e-7 and size > 0.1


@pytest.mark.parametrize("policy_name", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("kind", KINDS)
def test_mixed_precision_rounds_the_result_but_not_the_grid(kind, policy_name, rng):
    """Over 301 columns a bfloat16 position would be off by more than a pixel; the image is a fine checkerboard."""
    image = np.tile(np.indices((40, 301)).sum(0) % 2, (3, 1, 1))[..., None].astype(np.float32)
    theta = theta_of(kind, rng).astype(np.float32)
    exact = SpatialTransformer(OUT_HW, kind, dtype="float32")([image, theta])
    mixed = SpatialTransformer(OUT_HW, kind, dtype=policy_name)([image, theta])
    assert mixed.dtype == tf.as_dtype(policy_name.removeprefix("mixed_"))
    np.testing.assert_array_equal(
        tf.cast(mixed, tf.float32), tf.cast(tf.cast(exact, mixed.dtype), tf.float32)
    )


@pytest.mark.parametrize("kind", ["box", "affine"])
def test_xla_gives_the_same_area_and_gradients(kind, rng):
    layer = SpatialTransformer(OUT_HW, kind)
    image, theta = (tf.constant(array) for array in batch_for(kind, rng))

    def area_and_gradients(image, theta):
        with tf.GradientTape() as tape:
            tape.watch([image, theta])
            area = layer([image, theta])
            loss = tf.reduce_sum(tf.square(area))
        return area, *tape.gradient(loss, [image, theta])

    compiled = tf.function(area_and_gradients, jit_compile=True)(image, theta)
    for one, other in zip(compiled, area_and_gradients(image, theta), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["box", "affine"])
def test_the_batch_size_may_be_open_in_a_graph(kind, rng):
    layer = SpatialTransformer(OUT_HW, kind)
    specs = [tf.TensorSpec((None, *HW, 2)), tf.TensorSpec((None, KINDS[kind]))]
    graph = tf.function(lambda image, theta: layer([image, theta]), input_signature=specs)
    image, theta = batch_for(kind, rng)
    for count in (1, 3):
        np.testing.assert_allclose(
            graph(image[:count], theta[:count]), layer([image, theta])[:count], atol=1e-6
        )


@pytest.mark.parametrize("output_hw", [(1, 5), (5, 0), (4, 5, 6), (4.0, 5)])
def test_an_impossible_output_size_is_refused(output_hw):
    with pytest.raises(ValueError, match=r"Invalid `output_hw`. Expected two ints >= 2. Received"):
        SpatialTransformer(output_hw)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"Invalid `theta_kind`.*attention.*Received: theta_kind='zoom'"):
        SpatialTransformer(OUT_HW, "zoom")


@pytest.mark.parametrize(
    ("image_shape", "theta_shape", "message"),
    [
        ((5, 7, 1), (1, 3), r"\(B, H, W, C\).*\(5, 7, 1\)"),
        ((1, 5, 1, 1), (1, 3), r"H, W >= 2.*\(1, 5, 1, 1\)"),
        ((1, 5, 7, 1), (1, 4), r"Expected \(B, 3\). Received shape \(1, 4\)"),
    ],
)
def test_shapes_that_do_not_fit_are_named(image_shape, theta_shape, message):
    with pytest.raises(ValueError, match=message):
        SpatialTransformer(OUT_HW)([tf.ones(image_shape), tf.ones(theta_shape)])
