"""getnet_tf.evaluation.predictor: a checkpoint or a `.tflite` as evaluation sees it."""

import edge_model
import numpy as np
import pytest
from checks import TINY, one_line, random_pairs

from edge_demo.errors import EdgeError
from getnet_tf import card, checkpoint
from getnet_tf.config import AlternationConfig, DataConfig, ModelConfig, RunConfig
from getnet_tf.errors import InputError
from getnet_tf.evaluation.calibration import Calibration
from getnet_tf.evaluation.predictor import KerasPredictor, open_model, predict_pairs
from getnet_tf.model import GetNet


def batches_of(*counts, config=TINY):
    """Batches as `DigitPairs` gives them; the boxes carry the number of their pair."""
    pairs = random_pairs(sum(counts), config)
    numbers = np.arange(sum(counts), dtype=np.float32)[:, None]
    pairs |= {"box0": np.add(numbers, [0, 0, 1, 1]), "box1": np.add(numbers, [0, 0, 2, 2])}
    for start, count in zip(np.cumsum([0, *counts]), counts, strict=False):
        yield {name: values[start : start + count] for name, values in pairs.items()}


def test_a_network_is_predicted_in_inference_with_boxes_in_pixels(tiny_network):
    (batch,) = batches_of(4)
    distance, theta, boxes = KerasPredictor(tiny_network).predict(batch["image0"], batch["image1"])
    result = tiny_network(batch, training=False)
    np.testing.assert_allclose(distance, result["distance"], atol=1e-5)
    np.testing.assert_allclose(theta, [result["theta0"], result["theta1"]], atol=1e-5)
    # H = 16, W = 24: the centre of the target area is theta's, plus half a pixel for the edges.
    centre = (theta[..., 2:] + 1) / 2 * (23, 15) + 0.5
    np.testing.assert_allclose((boxes[..., :2] + boxes[..., 2:]) / 2, centre, atol=1e-3)
    assert boxes.shape == (2, 4, 4)


def test_predictions_do_not_depend_on_the_batches(tiny_network):
    predictor = KerasPredictor(tiny_network)
    one, split = predict_pairs(predictor, batches_of(7)), predict_pairs(predictor, batches_of(3, 3, 1))
    assert one.label.shape == one.distance.shape == (7,)
    assert one.theta.shape == one.boxes.shape == one.true_boxes.shape == (2, 7, 4)
    for name in ("label", "distance", "theta", "boxes", "true_boxes"):
        np.testing.assert_allclose(getattr(split, name), getattr(one, name), atol=1e-5, err_msg=name)
    np.testing.assert_array_equal(one.true_boxes[:, 5], [[5, 5, 6, 6], [5, 5, 7, 7]])
    np.testing.assert_array_equal(one.label, [0, 1, 0, 1, 0, 1, 0])


def test_without_a_localiser_there_are_no_target_areas():
    network = GetNet(ModelConfig(image_hw=(16, 24), localiser="none", embedding_dim=3))
    predictions = predict_pairs(KerasPredictor(network), batches_of(3, 2))
    assert predictions.theta is None and predictions.boxes is None
    assert predictions.distance.shape == (5,) and predictions.true_boxes.shape == (2, 5, 4)


@pytest.fixture(scope="module")
def centroid(tmp_path_factory):
    return edge_model.write_centroid(tmp_path_factory.mktemp("edge") / "centroid.tflite")


def test_a_tflite_file_is_predicted_like_a_network(centroid):
    """The model of `edge_model`: its area is centred on the brightness, its embedding the light of the quadrants.

    H = 12, W = 20. image0 is bright in the upper left quadrant (x 0 ... 9, y 0 ... 5), image1 in the lower right one:
    embeddings (1, 0, 0, 0) and (0, 0, 0, 1), distance sqrt(2). Centres in pixels (4.5, 2.5) and (14.5, 8.5). Scales
    (0.25, 0.5) span 4.75 by 5.5 px between centres, 5.75 by 6.5 px between edges. Boxes are cut off at the image.
    """
    predictor, threshold, config = open_model(centroid)
    assert threshold == 0.5 and config is None
    image0, image1 = np.zeros((2, 1, 12, 20, 1), np.float32)
    image0[:, :6, :10], image1[:, 6:, 10:] = 1, 1
    distance, theta, boxes = predictor.predict(image0, image1)
    np.testing.assert_allclose(distance, [2**0.5], atol=1e-5)
    centres = (np.array([[[4.5, 2.5]], [[14.5, 8.5]]]) * 2 / (19, 11)) - 1
    np.testing.assert_allclose(theta, np.concatenate([[[[0.25, 0.5]]] * 2, centres], -1), atol=1e-4)
    half = np.array([5.75, 6.5]) / 2
    by_hand = [[[5 - half[0], 0, 5 + half[0], 3 + half[1]]], [[15 - half[0], 9 - half[1], 15 + half[0], 12]]]
    np.testing.assert_allclose(boxes, by_hand, atol=1e-2)


def test_a_checkpoint_opens_with_its_threshold_and_settings(tiny_network, tmp_path):
    config = RunConfig(TINY, DataConfig(), AlternationConfig())
    written = card.Card(config, Calibration(0.625, 0.1, 10), "command", "commit", 1.0, {})
    checkpoint.save(tmp_path / "model.keras", tiny_network, written)
    predictor, threshold, found = open_model(tmp_path)
    assert threshold == 0.625 and found == config
    (batch,) = batches_of(2)
    expected = KerasPredictor(tiny_network).predict(batch["image0"], batch["image1"])
    for value, other in zip(predictor.predict(batch["image0"], batch["image1"]), expected, strict=True):
        np.testing.assert_allclose(value, other, atol=1e-6)


@pytest.mark.parametrize(("name", "error"), [("gone.keras", InputError), ("gone.tflite", EdgeError)])
def test_a_missing_model_is_one_line(name, error, tmp_path):
    with pytest.raises(error, match=name) as caught:
        open_model(tmp_path / name)
    assert one_line(caught.value)


def test_a_text_file_is_no_tflite_model(tmp_path):
    (tmp_path / "model.tflite").write_text("not a model")
    with pytest.raises(EdgeError, match=r"model\.tflite") as caught:
        open_model(tmp_path / "model.tflite")
    assert one_line(caught.value)


def test_a_network_describes_whole_pictures_of_the_size_of_its_target_area(tiny_network, rng):
    predictor = KerasPredictor(tiny_network)
    assert predictor.described_hw == (8, 12)
    areas = rng.random((3, 8, 12, 1), np.float32)
    np.testing.assert_allclose(predictor.describe(areas), tiny_network.branch.embedding_of(areas), atol=1e-5)


def test_without_a_localiser_the_size_is_that_of_the_image(rng):
    network = GetNet(ModelConfig(image_hw=(16, 24), localiser="none", embedding_dim=3))
    predictor = KerasPredictor(network)
    assert predictor.described_hw == (16, 24)
    lengths = np.linalg.norm(predictor.describe(rng.random((2, 16, 24, 1), np.float32)), axis=1)
    np.testing.assert_allclose(lengths, [1, 1], atol=1e-5)


def test_a_tflite_file_describes_by_its_own_signature(centroid, rng):
    """The model of `edge_model`: the mean light of the quadrants, to unit length."""
    predictor, _, _ = open_model(centroid)
    areas = rng.random((2, *predictor.described_hw, 1), np.float32)
    expected = [edge_model.quadrants(area[..., 0]) for area in areas]
    np.testing.assert_allclose(predictor.describe(areas), expected, atol=1e-5)


def test_scores_follow_the_calibration(centroid, tiny_network):
    """The file's curve has the points (0, 1), (0.5, 0.5) and (1.5, 0). A logistic curve at one temperature beyond the
    threshold is 1 / (1 + e) = 0.269. A network that still learns has no scores."""
    np.testing.assert_allclose(open_model(centroid)[0].score(np.array([0.25, 0.5, 1])), [0.75, 0.5, 0.25])
    calibrated = KerasPredictor(tiny_network, Calibration(0.5, 0.1, 10))
    np.testing.assert_allclose(calibrated.score(np.array([0.5, 0.6])), [0.5, 0.2689], atol=1e-4)
    assert predict_pairs(calibrated, batches_of(3)).score.shape == (3,)
    assert predict_pairs(KerasPredictor(tiny_network), batches_of(3)).score is None
