"""getnet_tf.evaluate: what is measured, and the command around it."""

import json

import numpy as np
import pytest
from checks import one_line, run_python

from getnet_tf import evaluate, train
from getnet_tf.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from getnet_tf.predictor import Predictions

KEYS = {"pair_accuracy", "roc_auc", "eer", "mean_iou", "corloc", "threshold", "pairs", "seed"}


@pytest.fixture(scope="module")
def runs(digits_file, tmp_path_factory):
    """A GetNet and a Siamese network after a few steps."""
    folder = tmp_path_factory.mktemp("runs")
    train_config = TrainConfig(pairs=128, batch=16, log_every=4, transformer_steps=2, whole_steps=2)
    for name, model in {"getnet": ModelConfig(), "siamese": ModelConfig(localiser="none")}.items():
        config = RunConfig(model, DataConfig(source=str(digits_file)), train_config)
        train.run(config, folder / name, verbose=0)
    return folder


def predictions_of(boxes, true_boxes):
    """Four pairs, two same at 0.1 and 0.4, two different at 0.3 and 0.9; all images with the same boxes."""
    label, distance = np.array([1, 1, 0, 0]), np.array([0.1, 0.4, 0.3, 0.9])
    boxes = None if boxes is None else np.tile(boxes, (2, 4, 1)).astype(float)
    return Predictions(label, distance, None, boxes, np.tile(true_boxes, (2, 4, 1)).astype(float))


def test_scores_by_hand():
    """At 0.35 the pairs at 0.1 and 0.9 and 0.3 are called same, different, same: 2 of 4 right. Of the four
    same-different couples three are in order: AUC 0.75. The box covers the left half of the true one: IoU 0.5."""
    config = ModelConfig()
    scores = evaluate.measure(predictions_of([10, 10, 20, 30], [10, 10, 30, 30]), 0.35, config)
    assert scores["pair_accuracy"] == 0.5
    assert scores["roc_auc"] == 0.75
    assert scores["mean_iou"] == pytest.approx(0.5)
    assert scores["corloc"] == 1.0
    assert scores["mean_iou_ceiling"] == 1.0
    # Around the predicted centre (15, 20) the best box is 30 wide and 20 high: 400 of 600 pixels.
    assert scores["mean_iou_constant"] == pytest.approx(2 / 3)
    assert scores["constant_size_px"] == (30, 20)


def test_what_a_siamese_network_cannot_know_is_none():
    scores = evaluate.measure(predictions_of(None, [10, 10, 30, 30]), 0.35, ModelConfig(localiser="none"))
    assert scores["mean_iou"] is None and scores["corloc"] is None and scores["mean_iou_ceiling"] is None


@pytest.mark.parametrize(
    ("kind", "expected"),
    # A 10 x 40 box has 400 px; the square of the same area, 20 x 20, shares 10 x 20 = 200: 200 / 600.
    # The whole 60 x 60 image, moved to the centre (30, 30), covers it: 400 / 3600.
    [("box", 1.0), ("affine", 1.0), ("attention", 1 / 3), ("similarity", 1 / 3), ("translation", 1 / 9)],
)
def test_the_ceiling_of_a_kind_by_hand(kind, expected):
    assert evaluate.ceiling(np.array([[25.0, 10, 35, 50]]), kind, (60, 60)) == pytest.approx(expected)


def test_no_scale_beats_the_ceiling(rng):
    box = np.array([[22.0, 17, 38, 43]])
    best = evaluate.ceiling(box, "attention", (60, 60))
    from getnet_tf import metrics

    for scale in rng.uniform(0.1, 0.9, 50):
        tried = metrics.boxes_of_size(np.array([[30.0, 30.0]]), [60 * scale, 60 * scale])
        assert metrics.iou(tried, box, (60, 60)).mean() <= best + 1e-9


def test_the_command_writes_flat_json_with_the_baseline_beside(runs, tmp_path, capsys):
    out = tmp_path / "scores.json"
    arguments = ["--model", str(runs / "getnet"), "--baseline", str(runs / "siamese"), "--json", str(out)]
    assert evaluate.main([*arguments, "--pairs", "60"]) == 0
    scores = json.loads(out.read_text())
    assert scores.keys() >= KEYS and scores["baseline"].keys() >= KEYS
    assert scores["pairs"] == scores["baseline"]["pairs"] == 60
    assert 0 <= scores["pair_accuracy"] <= 1 and scores["baseline"]["mean_iou"] is None
    assert "| baseline |" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_scores(runs):
    first, second = (evaluate.evaluate(runs / "getnet", limit=40)[0] for _ in range(2))
    assert first == second


def test_one_positive_and_one_negative_pair_for_every_test_digit(runs):
    scores, predictions, pairs = evaluate.evaluate(runs / "getnet")
    assert scores["pairs"] == 2 * len(pairs.split.labels) == len(predictions.label)
    assert predictions.label.mean() == 0.5


def test_figures_are_written_and_named(runs, tmp_path, capsys):
    arguments = ["--model", str(runs / "getnet"), "--baseline", str(runs / "siamese"), "--pairs", "60"]
    assert evaluate.main([*arguments, "--figures", str(tmp_path / "report")]) == 0
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names >= {
        "pairs.png",
        "failures.png",
        "roc.png",
        "distances.png",
        "training.png",
        "boxes_over_training.png",
    }
    printed = capsys.readouterr().out
    assert all(name in printed for name in names)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--model", "nowhere"], "No such checkpoint: nowhere"),
        (["--model", "nowhere.tflite", "--data", "digits"], "nowhere.tflite"),
        (["--model", "{getnet}", "--noise", "7"], "Invalid `noise`"),
        (["--model", "{getnet}", "--data", "no.npz"], "No such data: no.npz"),
        (["--model", "{getnet}", "--pairs", "0"], "--pairs: expected at least 2"),
        (["--model", "{getnet}", "--seed", "-1"], "--seed: expected at least 0"),
        (["--model", "{getnet}", "--baseline", "nowhere"], "No such checkpoint: nowhere"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(runs, capsys, arguments, expected):
    arguments = [argument.format(getnet=runs / "getnet") for argument in arguments]
    assert evaluate.main(arguments) == 2
    error = capsys.readouterr().err.strip()
    assert expected in error and one_line(error)


def test_a_package_that_is_not_installed_is_one_line_with_the_remedy():
    """As on the edge, where only numpy, OpenCV and LiteRT are installed."""
    code = """
        import sys
        for name in ("tensorflow", "keras", "sklearn", "mlxtend", "matplotlib"):
            sys.modules[name] = None
        from getnet_tf import train
        sys.exit(0 if train.main(["--out", "never", "--preset", "quick"]) == 2 else 1)
    """
    run_python(code)
