"""getnet_tf.evaluation.scores: what is measured, and the table of it."""

import numpy as np
import pytest

from getnet_tf.config import ModelConfig
from getnet_tf.evaluation import metrics, scores
from getnet_tf.evaluation.predictor import Predictions


def predictions_of(boxes, true_boxes):
    """Four pairs, two same at 0.1 and 0.4, two different at 0.3 and 0.9; all images with the same boxes."""
    label, distance = np.array([1, 1, 0, 0]), np.array([0.1, 0.4, 0.3, 0.9])
    boxes = None if boxes is None else np.tile(boxes, (2, 4, 1)).astype(float)
    return Predictions(label, distance, None, boxes, np.tile(true_boxes, (2, 4, 1)).astype(float))


def test_scores_by_hand():
    """At 0.35 the pairs at 0.1 and 0.9 and 0.3 are called same, different, same: 2 of 4 right. Of the four
    same-different couples three are in order: AUC 0.75. The box covers the left half of the true one: IoU 0.5."""
    config = ModelConfig()
    found = scores.measure(predictions_of([10, 10, 20, 30], [10, 10, 30, 30]), 0.35, config)
    assert found["pair_accuracy"] == 0.5
    assert found["roc_auc"] == 0.75
    assert found["mean_iou"] == pytest.approx(0.5)
    assert found["corloc"] == 1.0
    assert found["mean_iou_ceiling"] == 1.0
    # Around the predicted centre (15, 20) the best box is 30 wide and 20 high: 400 of 600 pixels.
    assert found["mean_iou_constant"] == pytest.approx(2 / 3)
    assert found["constant_size_px"] == (30, 20)


def test_what_a_siamese_network_cannot_know_is_none():
    found = scores.measure(predictions_of(None, [10, 10, 30, 30]), 0.35, ModelConfig(localiser="none"))
    assert found["mean_iou"] is None and found["corloc"] is None and found["mean_iou_ceiling"] is None


@pytest.mark.parametrize(
    ("kind", "expected"),
    # A 10 x 40 box has 400 px; the square of the same area, 20 x 20, shares 10 x 20 = 200: 200 / 600.
    # The whole 60 x 60 image, moved to the centre (30, 30), covers it: 400 / 3600.
    [("box", 1.0), ("affine", 1.0), ("attention", 1 / 3), ("similarity", 1 / 3), ("translation", 1 / 9)],
)
def test_the_ceiling_of_a_kind_by_hand(kind, expected):
    assert scores.ceiling(np.array([[25.0, 10, 35, 50]]), kind, (60, 60)) == pytest.approx(expected)


def test_no_scale_beats_the_ceiling(rng):
    box = np.array([[22.0, 17, 38, 43]])
    best = scores.ceiling(box, "attention", (60, 60))
    for scale in rng.uniform(0.1, 0.9, 50):
        tried = metrics.boxes_of_size(np.array([[30.0, 30.0]]), [60 * scale, 60 * scale])
        assert metrics.iou(tried, box, (60, 60)).mean() <= best + 1e-9


def test_every_number_lies_in_its_interval():
    """Two of four right is Wilson's (0.150, 0.850). The best cut, at 0.35 or 0.2, makes one mistake: 3 of 4."""
    found = scores.measure(predictions_of([10, 10, 20, 30], [10, 10, 30, 30]), 0.35, ModelConfig())
    assert (found["pair_accuracy_low"], found["pair_accuracy_high"]) == pytest.approx(
        (0.150, 0.850), abs=1e-3
    )
    assert found["best_threshold"] == pytest.approx(0.2) and found["best_pair_accuracy"] == 0.75
    for name in ("pair_accuracy", "best_pair_accuracy", "roc_auc", "eer", "mean_iou", "corloc"):
        assert found[f"{name}_low"] <= found[name] <= found[f"{name}_high"], name
    # Of eight boxes all eight have half: Wilson's lower end is 8 / (8 + 1.96^2).
    assert found["corloc_low"] == pytest.approx(8 / (8 + 1.96**2))


def test_one_kind_of_pair_has_no_curve_and_no_interval_of_it():
    predictions = Predictions(np.array([1, 1]), np.array([0.1, 0.4]), None, None, None)
    found = scores.measure(predictions, 0.35, ModelConfig())
    names = [name + end for name in ("roc_auc", "eer") for end in ("", "_low", "_high")]
    assert [found[name] for name in names] == [None] * 6 and found["pair_accuracy"] == 0.5


def test_the_neighbours_of_three_pictures_by_hand():
    """Classes 0, 0, 1: two others each, all of them near. Shares 1/2, 1/2, 0, and no more is possible."""
    found = scores.neighbour_scores(np.eye(3), np.array([0, 0, 1]))
    assert found["ap_at_10"] == found["ap_at_10_ceiling"] == pytest.approx(1 / 3)
    assert found["ap_at_10_low"] <= 1 / 3 <= found["ap_at_10_high"] and found["pictures"] == 3


def test_the_table_has_a_line_for_what_is_known_and_a_column_for_every_model():
    """AUC 0.75 without a width of its interval; a baseline without target areas has a dash."""
    model = {"pair_accuracy": 0.5, "pair_accuracy_low": 0.15, "pair_accuracy_high": 0.85, "mean_iou": 0.5}
    model |= {"roc_auc": 0.75, "roc_auc_low": 0.75, "roc_auc_high": 0.75, "corloc": None}
    shared = {"pairs": 1200, "pictures": 600, "split": "test"}
    lines = scores.markdown({"model": model | shared, "baseline": {"mean_iou": None} | shared}).splitlines()
    assert lines == [
        "| (95 % interval) | model | baseline |",
        "|---|---|---|",
        "| pair accuracy % | 50.00 (15.00-85.00) | - |",
        "| ROC-AUC | 0.750 | - |",
        "| mean IoU | 0.500 | - |",
        "| pairs | 1,200 | 1,200 |",
        "| pictures | 600 (test) | 600 (test) |",
    ]
