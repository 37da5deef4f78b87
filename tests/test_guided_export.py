"""A guided network on a pretrained backbone, from its float branch to the matcher; random weights, tiny pictures."""

import dataclasses

import cv2
import edge_model
import numpy as np
import pytest

from edge_demo.model import metadata as model_metadata
from edge_demo.model.matcher import Matcher
from edge_demo.model.preprocess import frame_to_input
from edge_demo.model.search import MAPS, THETA_STEP
from getnet_tf.config import ModelConfig
from getnet_tf.data.picture import as_reference, frame_of, with_references
from getnet_tf.localisers.neck import LOCAL_DIM
from getnet_tf.model import CONTEXT, TRUST

CONFIG = ModelConfig(
    image_hw=(64, 96),
    crop_hw=(32, 32),
    channels=3,
    localiser="guided",
    backbone="efficientnet-lite0",
    weights="random",
    embedding_dim=64,
)


FIELDS = dataclasses.replace(
    edge_model.PALETTE,
    localiser="guided",
    theta_kind="box",
    image_hw=CONFIG.image_hw,
    crop_hw=CONFIG.crop_hw,
    embedding_dim=CONFIG.embedding_dim,
    descriptor_shape=(2 * (1 + CONFIG.descriptor_cells**2), LOCAL_DIM),
    decision="distance",
    looks={"trust": TRUST, "context": CONTEXT},
)


def pairs(count, seed=0):
    pictures = np.random.default_rng(seed).integers(0, 256, (2, count, 8, 12, 3))
    image0, image1 = (pictures.repeat(8, axis=2).repeat(8, axis=3) / 255).astype(np.float32)
    return with_references({"image0": image0, "image1": image1}, CONFIG)


def network_of(config):
    """An untrained network whose BatchNorms fit its pictures, without which nothing gets through fifty layers."""
    import keras

    from getnet_tf.model import GetNet

    keras.utils.set_random_seed(0)
    network = GetNet(config)
    for model in (network.trunk, network.top, network.neck, network.localiser):
        for layer in model.layers:
            if hasattr(layer, "moving_mean"):
                layer.momentum = 0.0
    network.maps(pairs(8)["image0"], training=True)
    network(pairs(8), training=True)
    return network


@pytest.fixture(scope="module")
def network():
    return network_of(CONFIG)


@pytest.mark.slow
@pytest.mark.parametrize("sampled", ["image", "map"])
def test_the_float_branch_computes_what_the_network_computes(network, sampled):
    from export.quantize import rebuilt_branch, run_pair

    config = dataclasses.replace(CONFIG, sampled=sampled)
    network = network if sampled == "image" else network_of(config)
    batch = pairs(3, seed=1)
    found, expected = run_pair(rebuilt_branch(network, False), batch, False), network(batch)
    theta = np.concatenate([expected["theta0"], expected["theta1"]])
    np.testing.assert_allclose(found["theta"], theta, atol=1e-3)
    np.testing.assert_allclose(found["distance"], expected["distance"], atol=1e-3)


@pytest.fixture(scope="module")
def converted(network, tmp_path_factory):
    """(branch with fake quantization, path of the file)."""
    from export.convert import to_flatbuffer
    from export.quantize import rebuilt_branch, settle_ranges
    from export.variant import VARIANTS

    branch = rebuilt_branch(network, quantized=True)
    settle_ranges(branch, [pairs(8, seed) for seed in range(12)])
    path = tmp_path_factory.mktemp("guided") / "guided.tflite"
    path.write_bytes(to_flatbuffer(branch, VARIANTS["int8-ptq"]))
    model_metadata.append(path, FIELDS)
    return branch, path


@pytest.mark.slow
def test_every_layer_is_int8_and_the_weights_are_there_once(converted):
    from export import delegate, flatbuffer
    from export.variant import VARIANTS

    content = converted[1].read_bytes()
    found = flatbuffer.operators(content)
    assert not [op for op in found if VARIANTS["int8-ptq"].is_stray(op)]
    assert set(delegate.partitions(content)) == {"see", "locate", "embed", "describe"}
    assert delegate.partitions(content)["locate"] <= 3 + 1  # float islands: two correlations, boxes
    assert not [op for op in found if op.name == "SOFTMAX"]
    parameters = sum(model.count_params() for model in converted[0].models.values())
    assert converted[1].stat().st_size < parameters + 900_000


@pytest.mark.slow
def test_maps_are_handed_over_in_8_bits(converted):
    search = Matcher(converted[1])._search
    seen = search.see(np.zeros((64, 96, 3), np.uint8))
    assert {name: seen.outputs[name].dtype for name in MAPS} == dict.fromkeys(MAPS, np.int8)
    assert [seen.outputs[name].shape[1:3] for name in MAPS] == [(4, 6), (2, 3), (4, 6)]


@pytest.mark.slow
def test_the_file_is_as_close_to_float_as_its_emulation(network, converted):
    """By what is described: where to look is a choice, and a network of random weights has no reason for either."""
    from export import parity
    from export.quantize import rebuilt_branch

    branch, path = converted
    images, matcher = pairs(12, seed=99)["reference1"], Matcher(path)
    shown = [matcher.reference_of(image) for image in images]
    forms = {"float": rebuilt_branch(network, False).describe(images), "fake": branch.describe(images)}
    for name in ("embedding", "descriptor"):
        found = {form: np.asarray(described[name]) for form, described in forms.items()}
        found["file"] = np.stack([getattr(reference, name) for reference in shown])
        flat = {form: values.reshape(-1, values.shape[-1]) for form, values in found.items()}
        in_file, in_fake = (
            parity.agreement((None, flat["float"]), (None, flat[form])) for form in ("file", "fake")
        )
        assert parity.stays_as_close(in_file, in_fake), name
        assert in_file.cosine_mean > 0.7, name  # random weights: fifty layers of noise


@pytest.mark.slow
def test_the_matcher_finds_every_reference_by_itself(converted):
    matcher = Matcher(converted[1])
    assert matcher.metadata.descriptor_shape == (4, LOCAL_DIM)
    rng = np.random.default_rng(3)
    pictures = rng.integers(0, 256, (2, 32, 32, 3), np.uint8)
    references = [matcher.describe(picture, name) for picture, name in zip(pictures, "ab", strict=True)]
    assert references[0].descriptor.shape == (4, LOCAL_DIM)
    frame = rng.integers(0, 256, (64, 96, 3), np.uint8)
    objects = matcher.match(frame, references).objects
    for item, reference in zip(objects, references, strict=True):
        found = matcher.find(frame, reference)
        assert (item.name, item.box_px) == (reference.name, found.box_px)
        assert item.distance == matcher.distance(found.embedding, reference.embedding)
    with pytest.raises(ValueError, match="expects its descriptor"):
        matcher.find(frame)


@pytest.mark.slow
def test_the_file_in_steps_computes_what_the_branch_locates(network, tmp_path):
    """In float: what `see` and `locate` say together is what the branch says in one go; the frame fits the network's image."""
    from export.convert import to_flatbuffer
    from export.quantize import rebuilt_branch
    from export.variant import VARIANTS

    branch, path = rebuilt_branch(network, quantized=False), tmp_path / "float.tflite"
    path.write_bytes(to_flatbuffer(branch, VARIANTS["float32"]))
    model_metadata.append(path, FIELDS)
    matcher, rng = Matcher(path), np.random.default_rng(7)
    for _ in range(6):
        reference = matcher.describe(rng.integers(0, 256, (32, 32, 3), np.uint8), "a")
        frame = cv2.resize(rng.integers(0, 256, (4, 6, 3), np.uint8), (96, 64), interpolation=cv2.INTER_CUBIC)
        image = frame_to_input(frame, matcher.metadata)
        expected = branch.locate(image, reference.descriptor[None])
        seen = matcher._search.see(frame)
        located = matcher._search._located(seen, reference)
        np.testing.assert_allclose(located["theta"], expected["theta"], atol=1e-3)
        np.testing.assert_allclose(located["heat"], expected["heat"], atol=1e-2)
        np.testing.assert_allclose(seen.outputs["whole"], expected["whole"], atol=1e-3)
        found = matcher.find(frame, reference)
        assert np.abs(located["theta"] - found.theta).max(axis=1).min() <= THETA_STEP / 2
        np.testing.assert_array_equal(found.theta % THETA_STEP, 0)


@pytest.mark.slow
def test_both_predictors_search_each_image_for_the_other_picture(converted):
    from getnet_tf.evaluation.predictor import TFLitePredictor

    predictor, batch = TFLitePredictor(converted[1]), pairs(2, seed=5)
    distance, theta, boxes = predictor.predict(batch["image0"], batch["image1"])
    matcher = predictor.matcher  # as the demo does it, with a picture for a frame
    shown = [matcher.reference_of(as_reference(batch[name], (32, 32))[1]) for name in ("image1", "image0")]
    by_hand = []
    for side, (name, reference) in enumerate(zip(("image0", "image1"), shown, strict=True)):
        found = matcher.find(frame_of(batch[name][1]), reference)
        np.testing.assert_array_equal(theta[side, 1], found.theta)
        by_hand.append(matcher.distance(found.embedding, reference.embedding))
    assert distance[1] == pytest.approx(np.mean(by_hand))
    assert boxes.shape == (2, 2, 4)
