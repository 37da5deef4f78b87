"""getnet_tf.evaluation.calibration: from distances to decisions."""

import warnings

import numpy as np
import pytest

from getnet_tf.evaluation.calibration import Calibration, calibrate
from getnet_tf.evaluation.metrics import best_threshold, pair_accuracy

CALIBRATION = Calibration(threshold=0.7, temperature=0.2, pairs=10)


def pairs_from_a_logistic_curve(threshold, temperature, count=20_000, seed=0):
    """Distances uniform around the threshold, "same" with exactly the probability of the curve."""
    rng = np.random.default_rng(seed)
    distance = rng.uniform(threshold - 1, threshold + 1, count)
    return rng.random(count) < 1 / (1 + np.exp((distance - threshold) / temperature)), distance


def test_the_score_by_hand():
    """Half at the threshold; a temperature above it 1 / (1 + e) = 0.2689, below 0.7311; the shape is kept."""
    score = CALIBRATION.score([[0.7, 0.9], [0.5, 0.7]])
    np.testing.assert_allclose(score, [[0.5, 0.268941], [0.731059, 0.5]], atol=1e-6)


def test_the_score_falls_with_the_distance():
    assert (np.diff(CALIBRATION.score(np.linspace(-1, 3, 200))) < 0).all()


def test_the_score_of_a_far_distance_is_nothing_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(CALIBRATION.score([-1e4, 1e4]), [1, 0], atol=1e-12)


def test_a_match_is_a_score_of_at_least_a_half(rng):
    label, distance = rng.integers(0, 2, 60), rng.normal(0, 1, 60)
    calibration = calibrate(label, distance)
    np.testing.assert_array_equal(calibration.score(distance) >= 0.5, distance <= calibration.threshold)


def test_the_threshold_is_the_best_one_and_the_pairs_are_counted(rng):
    label, distance = rng.integers(0, 2, 60), rng.normal(0, 1, 60)
    calibration = calibrate(label, distance)
    assert calibration.threshold == best_threshold(label, distance)
    assert calibration.pairs == 60


@pytest.mark.parametrize(("threshold", "temperature"), [(0.7, 0.05), (0.7, 0.2), (-20.0, 0.1), (0.7, 1.0)])
def test_the_curve_that_drew_the_labels_is_found_again(threshold, temperature):
    """Temperature 1 over distances of deviation 0.58: a weak model, whose scores must stay near a half."""
    calibration = calibrate(*pairs_from_a_logistic_curve(threshold, temperature))
    assert calibration.temperature == pytest.approx(temperature, rel=0.1)
    assert calibration.threshold == pytest.approx(threshold, abs=0.15)


def test_a_model_that_knows_nothing_is_never_sure(rng):
    """Labels by the toss of a coin: no score far from one half."""
    distance = rng.normal(1, 0.1, 4000)
    calibration = calibrate(rng.integers(0, 2, 4000), distance)
    score = calibration.score(distance)
    assert score.min() > 0.3 and score.max() < 0.7


def test_separated_pairs_give_a_steep_but_finite_curve():
    label, distance = [1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        calibration = calibrate(label, distance)
        score = calibration.score(distance)
    np.testing.assert_allclose(score, label, atol=1e-6)
    assert pair_accuracy(label, distance, calibration.threshold) == 1


def test_equal_distances_give_finite_scores():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        calibration = calibrate([1, 0, 1], [0.5, 0.5, 0.5])
        assert np.isfinite(calibration.score([0.4, 0.5, 0.6])).all()


def test_the_curve_in_points_is_the_curve(rng):
    """Linear interpolation over half a temperature is off by at most 0.25 / 8 of the largest bend, 0.0963: 0.003."""
    curve = CALIBRATION.curve()
    assert (np.diff(curve["distance"]) > 0).all() and (np.diff(curve["score"]) < 0).all()
    assert all(type(number) is float for numbers in curve.values() for number in numbers)
    distance = rng.uniform(-2, 4, 500)
    between = np.interp(distance, curve["distance"], curve["score"])
    np.testing.assert_allclose(between, CALIBRATION.score(distance), atol=0.0032)
    assert np.interp(0.7, curve["distance"], curve["score"]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("threshold", "temperature", "named"),
    [(-1e308, 1.0, "threshold"), (float("nan"), 1.0, "threshold"), (0.5, 1e308, "temperature")],
)
def test_numbers_that_no_training_gives_are_refused(threshold, temperature, named):
    with pytest.raises(ValueError, match=f"Invalid `{named}`"):
        Calibration(threshold, temperature, 4)
