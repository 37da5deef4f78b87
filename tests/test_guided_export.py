"""A guided network on a pretrained backbone, from its float branch to the matcher; random weights, tiny pictures."""

import dataclasses

import cv2
import edge_model
import numpy as np
import pytest

from edge_demo.model import metadata as model_metadata
from edge_demo.model.matcher import Matcher
from edge_demo.model.preprocess import frame_to_input, reference_to_input
from edge_demo.model.search import MAPS, THETA_STEP
from getnet_tf.config import ModelConfig
from getnet_tf.data.picture import as_reference, frame_of, with_references
from getnet_tf.localisers.likeliest_place import CONTEXT, TRUST
from getnet_tf.localisers.neck import LOCAL_DIM

pytestmark = pytest.mark.usefixtures("shallow")
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
    descriptor_shape=(4, LOCAL_DIM),
    decision="distance",
    looks={"trust": TRUST, "context": CONTEXT},
)


def pairs(count, seed=0):
    pictures = np.random.default_rng(seed).integers(0, 256, (2, count, 8, 12, 3))
    image0, image1 = (pictures.repeat(8, axis=2).repeat(8, axis=3) / 255).astype(np.float32)
    return with_references({"image0": image0, "image1": image1}, CONFIG)


def network_of(config):
    """An untrained network whose BatchNorms fit its pictures, without which little gets through twenty layers."""
    import keras

    from getnet_tf.model import GetNet

    keras.utils.set_random_seed(0)
    network = GetNet(config)
    for model in (network.trunk, network.top, network.neck, network.localiser):
        for layer in model.layers:
            if hasattr(layer, "moving_mean"):
                layer.momentum = 0.0
    network.branch.maps(pairs(8)["image0"], training=True)
    network(pairs(8), training=True)
    return network


@pytest.fixture(scope="module")
def network():
    return network_of(CONFIG)


@pytest.mark.slow
@pytest.mark.parametrize("sampled", ["image", "map"])
def test_the_float_branch_computes_what_the_network_computes(network, sampled):
    from export.quantize import rebuilt_branch

    config = dataclasses.replace(CONFIG, sampled=sampled)
    network = network if sampled == "image" else network_of(config)
    batch = pairs(3, seed=1)
    found, expected = rebuilt_branch(network, False).pair(batch), network(batch)
    for name in ("theta0", "theta1", "distance"):
        np.testing.assert_allclose(found[name], expected[name], atol=1e-3, err_msg=name)


@pytest.fixture(scope="module")
def converted(network, tmp_path_factory):
    """(branch with fake quantization, path of the file)."""
    from export.convert import to_flatbuffer
    from export.quantize import rebuilt_branch, settle_ranges
    from export.variant import VARIANTS

    branch = rebuilt_branch(network, quantized=True)
    settle_ranges(branch, [pairs(4, seed) for seed in range(12)])
    path = tmp_path_factory.mktemp("guided") / "guided.tflite"
    path.write_bytes(to_flatbuffer(branch, VARIANTS["int8-ptq"]))
    model_metadata.append(path, FIELDS)
    return branch, path


@pytest.fixture(scope="module")
def in_float(network, tmp_path_factory):
    """(branch, path of the file), both in float."""
    from export.convert import to_flatbuffer
    from export.quantize import rebuilt_branch
    from export.variant import VARIANTS

    path, branch = tmp_path_factory.mktemp("guided") / "float.tflite", rebuilt_branch(network, False)
    path.write_bytes(to_flatbuffer(branch, VARIANTS["float32"]))
    model_metadata.append(path, FIELDS)
    return branch, path


@pytest.mark.slow
def test_every_layer_is_int8_and_the_weights_are_there_once(converted):
    from export import delegate, flatbuffer
    from export.variant import VARIANTS

    content = converted[1].read_bytes()
    found = flatbuffer.operators(content)
    assert not [op for op in found if VARIANTS["int8-ptq"].is_stray(op)]
    # Float islands: what is handed over, and the unit length of what the whole frame is; two correlations, and the boxes.
    pieces = delegate.partitions(content)
    assert set(pieces) == {"describe", "see", "locate", "embed"}
    assert pieces["see"] <= 2 + 1 and pieces["locate"] <= 3 + 1, pieces
    assert not [op for op in found if op.name == "SOFTMAX"]
    parameters = sum(model.count_params() for model in converted[0].parts.values())
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
    with pytest.raises(ValueError, match="Invalid reference"):
        matcher.find(frame)


@pytest.mark.slow
def test_areas_cut_out_of_the_frame_are_those_of_the_network_itself(in_float):
    """In float, and on smooth frames of the network's own size: both ways see the same, but for 8 bits of the pixels. (Of a
    finer frame, one takes every second pixel and the other their mean.)"""
    branch, path = in_float
    matcher, rng = Matcher(path), np.random.default_rng(7)
    for _ in range(6):
        picture = rng.integers(0, 256, (32, 32, 3), np.uint8)
        frame = cv2.resize(rng.integers(0, 256, (4, 6, 3), np.uint8), (96, 64), interpolation=cv2.INTER_CUBIC)
        image, shown = frame_to_input(frame, FIELDS), branch.describe(reference_to_input(picture, FIELDS))
        expected, found = branch.find(image, shown), matcher.find(frame, matcher.describe(picture, "a"))
        seen = branch.see(image)
        in_file = matcher._search.see(frame)
        np.testing.assert_allclose(in_file.outputs["whole"], seen["whole"], atol=1e-3)
        located = branch.locate(seen, shown["descriptor"])
        heat = matcher._search.signs(in_file, matcher.describe(picture, "a"))["heat"]
        assert heat == pytest.approx(float(located["heat"][0, 0]), abs=1e-2)
        located = np.asarray(located["theta"])
        assert located.shape == (2, 4)
        assert np.abs(located - expected["theta"]).max(axis=1).min() < 1e-3
        assert np.abs(located - found.theta).max(axis=1).min() <= THETA_STEP / 2 + 1e-3
        np.testing.assert_array_equal(found.theta % THETA_STEP, 0)
        if np.allclose(found.theta, expected["theta"][0], atol=1e-3):
            assert (
                found.embedding @ np.asarray(expected["embedding"])[0] > 0.97
            )  # random weights make much of little


@pytest.mark.slow
def test_the_gate_holds_the_file_against_the_network_on_the_demos_path(in_float):
    """In float, so that only the order of sums differs; searched for in smooth frames, two places looked at."""
    from export import parity
    from export.twin import Twin

    branch, path = in_float
    rng = np.random.default_rng(7)
    small = rng.integers(0, 256, (8, 4, 6, 3), np.uint8)
    frames = np.stack([cv2.resize(s, (96, 64), interpolation=cv2.INTER_CUBIC) for s in small])
    shown = rng.integers(0, 256, (8, 32, 32, 3), np.uint8)
    file, twin = Matcher(path), Twin(branch, FIELDS)
    of_file, of_twin = (parity.run_matcher(matcher, frames, shown) for matcher in (file, twin))
    agreement = parity.agreement(of_twin, of_file)
    assert agreement.images == 8 and agreement.holds(*parity.CLOSE["float32"])
    other = parity.run_matcher(file, frames, shown[::-1])
    assert not parity.agreement(of_twin, other).holds(*parity.CLOSE["float32"])


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
