"""getnet_tf.losses: every expected number is derived in the test's docstring."""

import numpy as np
import pytest
import tensorflow as tf
from checks import gradient_error

from getnet_tf import losses

LABEL = tf.constant([1.0, 1.0, 0.0, 0.0])
DISTANCE = tf.constant([0.0, 0.6, 0.2, 1.5])


def test_the_distance_is_euclidean():
    """Differences (3, 4) and (1, 2, 2) padded: 5 and 3."""
    embedding0, embedding1 = tf.constant([[3.0, 0, 4], [1, 1, 1]]), tf.constant([[0.0, 0, 0], [2, -1, 3]])
    np.testing.assert_allclose(losses.euclidean_distance(embedding0, embedding1), [5, 3], rtol=1e-6)


def test_the_distance_of_equal_embeddings_is_a_millionth_with_a_finite_gradient():
    embedding = tf.constant([[0.6, 0.8]])
    with tf.GradientTape() as tape:
        tape.watch(embedding)
        distance = losses.euclidean_distance(embedding, tf.constant([[0.6, 0.8]]))
    np.testing.assert_allclose(distance, [1e-6], rtol=1e-5)
    np.testing.assert_array_equal(tape.gradient(distance, embedding), [[0, 0]])


def test_the_distance_is_the_same_both_ways_and_has_the_numeric_gradient(rng):
    embedding0, embedding1 = rng.normal(size=(2, 4, 3))
    there, back = (
        losses.euclidean_distance(*pair) for pair in ((embedding0, embedding1), (embedding1, embedding0))
    )
    np.testing.assert_array_equal(there, back)
    error, size = gradient_error(losses.euclidean_distance, embedding0, embedding1)
    assert error < 1e-8 and size > 0.1


def test_the_contrastive_loss_by_hand():
    """Same: 0^2 and 0.6^2 = 0.36. Different: (1 - 0.2)^2 = 0.64 and nothing beyond the margin. 1.00 / (2 * 4) = 0.125."""
    np.testing.assert_allclose(losses.contrastive_loss(LABEL, DISTANCE), 0.125, rtol=1e-6)


def test_a_wider_margin_reaches_farther():
    """Margin 2. Same as before: 0.36. Different: 1.8^2 = 3.24 and 0.5^2 = 0.25. 3.85 / 8 = 0.48125."""
    np.testing.assert_allclose(losses.contrastive_loss(LABEL, DISTANCE, margin=2.0), 0.48125, rtol=1e-6)


def test_the_slope_of_the_contrastive_loss_by_hand():
    """dL/dd = d / N for same, -(margin - d) / N for different within the margin: 0, 0.15, -0.2, 0."""
    with tf.GradientTape() as tape:
        tape.watch(DISTANCE)
        loss = losses.contrastive_loss(LABEL, DISTANCE)
    np.testing.assert_allclose(tape.gradient(loss, DISTANCE), [0, 0.15, -0.2, 0], atol=1e-6)


def test_a_perfect_batch_costs_nothing():
    loss = losses.contrastive_loss(tf.constant([1.0, 0.0, 0.0]), tf.constant([0.0, 1.0, 1.7]))
    np.testing.assert_array_equal(loss, 0)


def test_the_joined_loss_by_hand():
    """Logit ln 3 is a probability of 3/4. Same: -ln(3/4) = 0.287682. Different: -ln(1/4) = 1.386294. Mean 0.836988."""
    loss = losses.joined_loss(tf.constant([1.0, 0.0]), tf.constant([np.log(3.0)] * 2, tf.float32))
    np.testing.assert_allclose(loss, 0.836988, rtol=1e-5)


@pytest.mark.parametrize(
    ("label", "logit", "expected"), [(1, 0, np.log(2)), (1, -200, 200), (0, 200, 200), (1, 200, 0)]
)
def test_the_joined_loss_of_a_sure_decision_is_finite(label, logit, expected):
    """ln(1 + exp(z)) tends to z, where exp(200) alone overflows float32."""
    loss = losses.joined_loss(tf.constant([float(label)]), tf.constant([float(logit)]))
    np.testing.assert_allclose(loss, expected, rtol=1e-6, atol=1e-30)


def test_the_area_loss_is_the_mean_share_of_the_image():
    """On 20 x 30: 10 x 6 = 60 of 600 is 0.1, the whole is 1; a box over the edge counts whole: 60 x 20 is 2."""
    boxes = tf.constant([[1.0, 2, 11, 8], [0, 0, 30, 20], [-30, 0, 30, 20]])
    np.testing.assert_allclose(losses.area_loss(boxes[:1], (20, 30)), 0.1, rtol=1e-6)
    np.testing.assert_allclose(losses.area_loss(boxes[1:2], (20, 30)), 1, rtol=1e-6)
    np.testing.assert_allclose(losses.area_loss(boxes, (20, 30)), 3.1 / 3, rtol=1e-6)
