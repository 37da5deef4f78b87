"""Levels of an early no: as high as they may be without losing more than half a percent of the matches."""

import numpy as np

from getnet_tf.evaluation.early_no import levels, refused


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
