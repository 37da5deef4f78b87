"""getnet_tf.training.losses: every expected number is derived in the test's docstring."""

import numpy as np
import pytest
import tensorflow as tf
from checks import gradient_error

from getnet_tf.training import losses

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


def pair_by_pair(embedding, label, known, margin):
    """Eq. 8 for every known pair, written out: the mean of the same, and of the different ones within the margin."""
    same, different, count = [], [], 0
    for i, a in enumerate(embedding):
        for j, b in enumerate(embedding):
            distance = np.sqrt(np.sum((a - b) ** 2))
            if known[i, j] and label[i, j]:
                same.append(distance**2)
            elif known[i, j]:
                count += 1
                if distance < margin:
                    different.append((margin - distance) ** 2)
    least = min(len(embedding), count)
    return sum(same) / max(len(same), 1) + sum(different) / max(len(different), least, 1)


@pytest.mark.parametrize("margin", [0.5, 1.0, 1.6])
@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_the_loss_of_a_batch_is_that_of_its_known_pairs_one_by_one(margin, share, rng):
    embedding = rng.normal(size=(12, 4))
    embedding /= np.linalg.norm(embedding, axis=1, keepdims=True)
    classes = rng.integers(0, 3, 12)
    label = (classes[:, None] == classes).astype(float)
    known = (rng.random((12, 12)) < share) * (1 - np.eye(12))
    given = [tf.constant(array, tf.float32) for array in (embedding, label, known)]
    expected = pair_by_pair(embedding, label, known, margin)
    np.testing.assert_allclose(losses.batch_contrastive_loss(*given, margin), expected, rtol=1e-4, atol=1e-6)


def test_the_loss_of_a_batch_by_hand():
    """Rows east, east, north-east (0.6 up) and west. Same: row 0 and 1, distance 0, and row 0 and 2, 0.36 + 0.04 = 0.4 each
    way: mean 0.2. Different: row 1 and 2, (1 - sqrt 0.4)^2 = 0.135089 each way, and row 0 and 3 beyond the margin: of four
    pairs as many as rows, 0.270178 / 4 = 0.067544."""
    embedding = tf.constant([[1.0, 0.0], [1.0, 0.0], [0.8, 0.6], [-1.0, 0.0]])
    label, known = np.zeros((4, 4), np.float32), np.zeros((4, 4), np.float32)
    for i, j, same in ((0, 1, 1), (0, 2, 1), (1, 2, 0), (0, 3, 0)):
        label[i, j] = label[j, i] = same
        known[i, j] = known[j, i] = 1
    loss = losses.batch_contrastive_loss(embedding, tf.constant(label), tf.constant(known))
    np.testing.assert_allclose(loss, 0.2 + 0.067544, rtol=1e-4)


def test_the_gradient_of_a_batch_is_finite_where_rows_are_equal():
    embedding, ones = tf.constant([[1.0, 0.0]] * 3), tf.ones((3, 3)) - tf.eye(3)
    for label in (ones, tf.zeros((3, 3))):
        with tf.GradientTape() as tape:
            tape.watch(embedding)
            loss = losses.batch_contrastive_loss(embedding, label, ones)
        assert np.isfinite(tape.gradient(loss, embedding)).all()


# Two rows of four cells: the object covers the middle two of the upper row.
TRUE_BOX = tf.constant([[0.25, 0.0, 0.75, 0.5]])
WEIGHT = np.zeros((1, 2, 4), np.float32)
WEIGHT[0, 0, 1], WEIGHT[0, 1, 1], WEIGHT[0, 0, 3] = 0.5, 0.25, 0.25


def test_the_locating_loss_by_hand():
    """The lower edge is off by 0.5: 5 * 0.5 / 4 = 0.625. Twice too high: an IoU of 0.5. Half of the weight lies on the
    object: -0.3 ln 0.5 = 0.207944. Together 0.625 + 0.5 + 0.207944 = 1.332944."""
    loss, overlap = losses.locating_loss(tf.constant([[0.25, 0.0, 0.75, 1.0]]), tf.constant(WEIGHT), TRUE_BOX)
    np.testing.assert_allclose(loss, 1.332944, rtol=1e-5)
    np.testing.assert_allclose(overlap, [0.5], rtol=1e-5)


def test_where_there_is_no_object_nothing_is_to_be_located():
    """The same as by hand beside a frame without an object; and 0 if no frame has one."""
    box, weight = tf.constant([[0.25, 0.0, 0.75, 1.0], [0.1, 0.2, 0.9, 0.8]]), np.repeat(WEIGHT, 2, axis=0)
    true_box = tf.concat([TRUE_BOX, tf.zeros((1, 4))], axis=0)
    loss, _ = losses.locating_loss(box, tf.constant(weight), true_box)
    np.testing.assert_allclose(loss, 1.332944, rtol=1e-5)
    loss, _ = losses.locating_loss(box, tf.constant(weight), tf.zeros((2, 4)))
    np.testing.assert_array_equal(loss, 0)


def test_a_perfect_localiser_costs_nothing():
    weight = np.zeros((1, 2, 4), np.float32)
    weight[0, 0, 1:3] = 0.5
    loss, overlap = losses.locating_loss(TRUE_BOX, tf.constant(weight), TRUE_BOX)
    np.testing.assert_allclose(loss, 0, atol=1e-5)
    np.testing.assert_allclose(overlap, [1], rtol=1e-5)


def test_the_locating_loss_falls_towards_the_object(rng):
    """One step against the gradient, of box and weights, makes it smaller."""
    box, weight = tf.constant([[0.1, 0.2, 0.9, 0.9]]), tf.constant(WEIGHT)
    with tf.GradientTape() as tape:
        tape.watch([box, weight])
        loss, _ = losses.locating_loss(box, weight, TRUE_BOX)
    step = [
        x - 1e-3 * slope for x, slope in zip((box, weight), tape.gradient(loss, (box, weight)), strict=True)
    ]
    assert losses.locating_loss(*step, TRUE_BOX)[0] < loss
