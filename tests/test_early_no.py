"""Levels of an early no: as high as they may be without losing more than half a percent of the matches."""

import numpy as np
import pytest
from edge_model import write_centroid, write_spots

from edge_demo.model.matcher import Matcher
from getnet_tf.evaluation.early_no import early_no_of, levels, refused


def test_of_1000_matches_five_are_lost_one_of_them_to_the_first_sign():
    """30 % of five is one: the least of the parts. Four more are lost by heat, the second to fifth of them here."""
    order = np.arange(1000.0)
    early_no = levels(order, order + 7)
    assert early_no == {"parts": 1.0, "heat": 12.0}
    assert refused(order, order + 7, early_no).sum() == 5


def test_what_one_sign_has_lost_the_other_need_not_keep():
    """The first match has the least parts and the least heat; the next four by heat are lost, too."""
    parts = np.r_[0.0, np.full(999, 5.0)]
    heat = np.r_[-1.0, np.arange(999.0)]
    early_no = levels(parts, heat)
    assert early_no == {"parts": 5.0, "heat": 4.0}
    assert refused(parts, heat, early_no).sum() == 5


def test_ties_are_kept():
    assert refused(np.ones(400), np.ones(400), levels(np.ones(400), np.ones(400))).sum() == 0


def test_too_few_matches_say_nothing():
    assert levels(np.arange(199), np.arange(199)) is None
    assert levels(np.arange(200), np.arange(200)) == {"parts": 0.0, "heat": 1.0}


def red_pairs(count):
    """Pairs of a frame with a red spot on black, and one that is red all over; every fourth pair is said to be of different things."""
    spot, plain = np.zeros((16, 16, 3), np.float32), np.zeros((16, 16, 3), np.float32)
    spot[:4, :4, 0], plain[..., 0] = 0.8, 0.8
    label = (np.arange(count) % 4 > 0).astype(int)
    return {"image0": np.stack([spot] * count), "image1": np.stack([plain] * count), "label": label}


def test_a_file_is_calibrated_on_what_it_finds_of_the_same(tmp_path):
    """Red is found with cosine 1 by both signs, whichever picture is the frame: the spot as a reference is red, too. Of 136
    pairs 102 are the same, and each is searched both ways: 204 matches."""
    matcher = Matcher(write_spots(tmp_path / "spots.tflite", early_no=None))
    found = early_no_of(matcher, [red_pairs(100), red_pairs(36)])
    assert found == pytest.approx({"parts": 1.0, "heat": 10.0}, abs=1e-3)
    assert early_no_of(matcher, [red_pairs(100)]) is None  # 150 matches are too few


def test_a_model_that_searches_for_nothing_says_no_early_no(tmp_path):
    assert early_no_of(Matcher(write_centroid(tmp_path / "centroid.tflite")), [red_pairs(4)]) is None
