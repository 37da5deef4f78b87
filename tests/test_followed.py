"""benchmarks/followed.py: who is counted as right and what as a ghost, by hand."""

import followed
import numpy as np
import pytest

from edge_demo.model.matcher import MatchResult, ObjectMatch
from getnet_tf.errors import InputError

FRAME, LABEL = np.zeros((20, 20, 3), np.uint8), np.array([0, 0, 10, 10.0])


def test_boxes_are_right_where_they_are_labelled_and_ghosts_are_counted_after_the_film(monkeypatch):
    """Boxes of 10 x 10: one moved by 2 shares 80 of 120, one by 5 has an IoU of 1/3; one is missed, and one frame has no label. Then
    two ghosts in four frames."""
    shifts = [2, 5, None, 0, 0, None, 0, None]

    class Objects:
        def __init__(self, _matcher, search):
            self.shifts = iter(shifts)

        def add(self, _name, _picture):
            pass

        def match(self, _frame, _time_s):
            shift = next(self.shifts)
            box = None if shift is None else tuple(LABEL + shift * np.array([1, 0, 1, 0]))
            one = ObjectMatch("thing", 0.9, shift is not None, box, looked=shift != 0)
            return MatchResult(4.0, [one])

    monkeypatch.setattr(followed, "Objects", Objects)
    monkeypatch.setattr(followed, "Pursuit", lambda *_given: None)
    film = [(FRAME, LABEL), (FRAME, LABEL), (FRAME, LABEL), (FRAME, None)]
    row = followed.followed(None, "normal", FRAME, film, film)
    assert row["right"] == pytest.approx(1 / 3) and row["labelled"] == 3
    assert row["mean_iou"] == pytest.approx((2 / 3 + 1 / 3) / 3)
    assert (row["ghosts"], row["absent"], row["last_ghost"]) == (2, 4, 3)
    assert (row["looked"], row["ms"]) == (5 / 8, 4.0)


def test_data_without_two_films_are_one_line(tmp_path):
    with pytest.raises(InputError, match="found 0 films"):
        followed.films(tmp_path)
