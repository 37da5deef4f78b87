"""getnet_tf.model: one branch, used for both images of a pair."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import AFFINE_MAPS, KINDS, TINY, bit_equal, random_pairs, shake, values_of
from keras import ops

from getnet_tf import geometry
from getnet_tf.branch import build_joined_decision
from getnet_tf.localisers.likeliest_place import CONTEXT, TRUST, likeliest_place
from getnet_tf.model import GetNet


def network_with(**settings):
    network = GetNet(dataclasses.replace(TINY, **settings))
    shake(network.variables)
    return network


@pytest.fixture(scope="module")
def joined_network():
    return network_with(decision="joined")


@pytest.fixture(scope="module")
def siamese_network():
    return network_with(localiser="none")


@pytest.fixture
def pair():
    return random_pairs(4, TINY)


def test_swapping_the_images_swaps_the_outputs(tiny_network, pair):
    result = tiny_network(pair)
    swapped = tiny_network({"image0": pair["image1"], "image1": pair["image0"]})
    for name in ("theta", "embedding"):
        assert np.abs(result[f"{name}0"] - result[f"{name}1"]).max() > 1e-3
        np.testing.assert_allclose(result[f"{name}0"], swapped[f"{name}1"], atol=1e-6)
        np.testing.assert_allclose(result[f"{name}1"], swapped[f"{name}0"], atol=1e-6)
    np.testing.assert_allclose(result["distance"], swapped["distance"], atol=1e-6)


def test_a_pair_of_one_image_has_one_embedding_and_no_distance(tiny_network, pair):
    """The floor of the distance is 1e-6 (see `losses.euclidean_distance`)."""
    result = tiny_network({"image0": pair["image0"], "image1": pair["image0"]})
    np.testing.assert_allclose(result["embedding0"], result["embedding1"], atol=1e-6)
    assert np.max(result["distance"]) < 1e-5


def test_the_branch_is_locate_then_sample_then_describe(tiny_network, pair):
    branch = tiny_network.branch
    theta, embedding = (branch.find(pair["image0"])[name] for name in ("theta", "embedding"))
    np.testing.assert_allclose(theta, branch.see(pair["image0"])["theta"], atol=1e-6)
    area = geometry.sample(tf.constant(pair["image0"]), theta, "box", TINY.crop_hw)
    np.testing.assert_allclose(embedding, branch.embedding_of(area), atol=1e-5)
    result = tiny_network(pair)
    np.testing.assert_allclose(result["theta0"], theta, atol=1e-5)
    np.testing.assert_allclose(result["embedding0"], embedding, atol=1e-5)


def test_embeddings_have_length_one_and_distances_are_theirs(tiny_network, pair):
    result = tiny_network(pair)
    np.testing.assert_allclose(np.linalg.norm(result["embedding0"], axis=-1), np.ones(4), atol=1e-5)
    expected = np.linalg.norm(result["embedding0"] - result["embedding1"], axis=-1)
    assert expected.min() > 1e-4
    np.testing.assert_allclose(result["distance"], expected, rtol=1e-3)


def test_an_item_of_a_batch_is_what_it_is_alone(tiny_network, pair):
    together = tiny_network(pair)
    alone = tiny_network({name: values[2:3] for name, values in pair.items()})
    for name, value in alone.items():
        np.testing.assert_allclose(together[name][2:3], value, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("kind", AFFINE_MAPS)
def test_every_kind_of_theta_runs_forward_and_back(kind, pair):
    """Every variable of the transformer gets a gradient, so every number of theta is wired."""
    network = network_with(theta_kind=kind, channels=3, embedding_dim=3)
    pair = random_pairs(2, network.config)
    with tf.GradientTape() as tape:
        result = network(pair)
        loss = tf.reduce_sum(result["distance"])
    assert result["theta0"].shape == (2, KINDS[kind]) and result["theta0"].dtype == tf.float32
    assert network.branch.boxes(result["theta0"]).shape == (2, 4)
    variables = network.transformer_variables
    for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
        assert gradient is not None, f"{variable.path} has no gradient"
        assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0, variable.path


def test_boxes_are_those_of_the_geometry(tiny_network):
    """The identity is the whole image: H = 16, W = 24."""
    np.testing.assert_allclose(
        tiny_network.branch.boxes(tf.constant([[1.0, 1, 0, 0]])), [[0, 0, 24, 16]], atol=1e-5
    )


def test_without_a_localiser_it_is_the_siamese_network_on_whole_images(siamese_network, pair):
    result = siamese_network(pair)
    assert set(result) == {"embedding0", "embedding1", "distance"}
    np.testing.assert_allclose(
        result["embedding0"], siamese_network.branch.embedding_of(pair["image0"]), atol=1e-5
    )
    assert set(siamese_network.branch.find(pair["image0"])) == {"embedding"}
    assert siamese_network.transformer_variables == []


def test_the_joined_decision_reads_both_embeddings_in_order(joined_network, pair):
    result = joined_network(pair)
    logit = joined_network.joined([result["embedding0"], result["embedding1"]])
    np.testing.assert_allclose(result["logit"], logit[:, 0], atol=1e-6)
    np.testing.assert_array_equal(result["distance"], -result["logit"])


def test_the_joined_decision_is_two_dense_layers_on_the_joined_vector(rng):
    """logit = W2 relu(W1 [a, b] + c1) + c2 in NumPy."""
    joined = build_joined_decision(TINY)
    shake(joined.variables)
    a, b = rng.normal(size=(2, 4, 5)).astype(np.float32)
    w1, c1, w2, c2 = joined.get_weights()
    assert w1.shape == (10, 10) and w2.shape == (10, 1)
    expected = np.maximum(np.concatenate([a, b], -1) @ w1 + c1, 0) @ w2 + c2
    np.testing.assert_allclose(joined([a, b]), expected, atol=1e-5)


@pytest.mark.parametrize("fixture", ["tiny_network", "joined_network", "siamese_network"])
def test_the_two_parts_have_no_variable_in_common_and_together_all(fixture, request):
    network = request.getfixturevalue(fixture)
    transformer = {id(v) for v in network.transformer_variables}
    siamese = {id(v) for v in network.siamese_variables}
    assert not transformer & siamese
    assert {id(v) for v in network.trainable_variables} <= transformer | siamese
    assert {id(v) for v in network.encoder.non_trainable_variables} <= siamese
    assert len(network.encoder.non_trainable_variables) >= 2


def test_the_encoder_can_rest_while_the_localiser_trains():
    network = network_with()
    pair = random_pairs(4, TINY)
    encoder, localiser = values_of(network.encoder.variables), values_of(network.localiser.variables)
    network(pair, training=True, encoder_training=False)
    assert bit_equal(values_of(network.encoder.variables), encoder)
    assert not bit_equal(values_of(network.localiser.variables), localiser)
    network(pair, training=True)
    assert not bit_equal(values_of(network.encoder.variables), encoder)
    encoder, localiser = values_of(network.encoder.variables), values_of(network.localiser.variables)
    network(pair)
    assert bit_equal(values_of(network.encoder.variables), encoder)
    assert bit_equal(values_of(network.localiser.variables), localiser)


@pytest.mark.parametrize("fixture", ["tiny_network", "joined_network", "siamese_network"])
def test_a_saved_network_is_the_same_network(fixture, request, pair, tmp_path):
    network = request.getfixturevalue(fixture)
    network.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.config == network.config
    assert bit_equal(values_of(loaded.variables), values_of(network.variables))
    result = loaded(pair)
    for name, value in network(pair).items():
        np.testing.assert_array_equal(result[name], value, err_msg=name)


def test_the_config_makes_the_same_architecture(joined_network):
    twin = GetNet.from_config(joined_network.get_config())
    assert twin.config == joined_network.config
    assert [v.shape for v in twin.variables] == [v.shape for v in joined_network.variables]


def test_tf_keras_builds_the_same_joined_decision(tf_keras_differences):
    assert tf_keras_differences["joined"] < 1e-5


def test_the_second_look_decides_where_the_first_is_in_doubt():
    """Two places, the first e times as sure, so ahead by 1; a distance larger by more than 1 / TRUST outweighs that."""
    heat, edges = np.full((1, 4, 6, 1), -30.0, np.float32), np.full((1, 4, 6, 4), 0.5, np.float32)
    heat[0, 1, 1], heat[0, 2, 4] = 1.0, 0.0
    wanted = np.array([[1.0, 0.0]], np.float32)
    whole = np.zeros((1, 2), np.float32)
    angle = 1.5 / TRUST  # of the first embedding; the distance is nearly as long as the arc

    def look(theta, turned):
        assert theta.shape == (2, 4)
        return ops.convert_to_tensor([[np.cos(turned), np.sin(turned)], [1.0, 0.0]], dtype="float32")

    for turned, place in ((angle, 1), (angle / 3, 0)):
        theta, embedding = likeliest_place(
            heat, edges, 2, wanted, whole, lambda boxes: boxes, lambda theta, t=turned: look(theta, t)
        )
        box = ((1, 1, 2, 2), (4, 2, 5, 3))[place]
        np.testing.assert_allclose(np.asarray(theta)[0] * [6, 4, 6, 4], box, atol=1e-3)
        expected = (1.0, 0.0) if place else (np.cos(turned), np.sin(turned))
        np.testing.assert_allclose(np.asarray(embedding)[0], expected, atol=1e-6)


@pytest.mark.parametrize("cells, share", [((2, 3), 1 / 4), ((4, 6), 1.0)])
def test_the_larger_a_target_area_the_more_it_is_described_by_the_whole_frame(cells, share):
    """One sure cell whose box covers a quarter of the frame, or all of it; the area says "x", the frame says "y"."""
    heat = np.full((1, 4, 6, 1), -30.0, np.float32)
    heat[0, 2, 3] = 0.0
    down, across = cells
    edges = np.zeros((1, 4, 6, 4), np.float32)
    edges[0, 2, 3] = (across / 2 + 0.5, down / 2 + 0.5, across / 2 - 0.5, down / 2 - 0.5)
    whole = np.array([[0.0, 1.0]], np.float32)
    _, embedding = likeliest_place(
        heat, edges, 1, None, whole, lambda boxes: boxes, lambda theta: ops.convert_to_tensor([[1.0, 0.0]])
    )
    expected = np.array([1.0, CONTEXT * share**2])
    np.testing.assert_allclose(np.asarray(embedding)[0], expected / np.linalg.norm(expected), atol=1e-3)
