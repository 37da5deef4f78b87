"""What was found in a picture: how doubtful it is, and that nothing is lost on the way through JSON."""

import json

import pytest

from getnet_tf.autolabel.label import Candidate, Label

BOX = (1.0, 2.0, 30.5, 40.1)


@pytest.mark.parametrize(
    ("score", "kept", "spread", "doubt"),
    [
        (0.9, True, 0.0, 0.1),  # believed, and nearly sure
        (0.6, True, 0.0, 0.4),
        (0.6, False, 0.0, 0.6),  # not believed, although it scored well
        (0.1, False, 0.0, 0.1),
        (0.9, True, 0.3, 0.3),  # sure of what, not of where
        (0.5, True, 0.3, 0.5),
    ],
)
def test_doubt_is_the_distance_from_certainty_about_the_decision(score, kept, spread, doubt):
    assert Candidate("cup", BOX, score, kept, spread).doubt == pytest.approx(doubt)


def test_a_picture_is_as_doubtful_as_its_most_doubtful_candidate():
    sure, unsure = Candidate("cup", BOX, 0.99, True), Candidate("pen", BOX, 0.3, False)
    assert Label("a.png", 50, 60, (sure, unsure)).doubt == pytest.approx(0.3)
    assert Label("a.png", 50, 60, ()).doubt == 0


def test_only_kept_candidates_are_labels():
    cup, pen = Candidate("cup", BOX, 0.9, True), Candidate("pen", BOX, 0.3, False)
    assert Label("a.png", 50, 60, (cup, pen)).kept == (cup,)


def test_a_label_goes_through_json_and_back():
    label = Label(
        "a b/ü.png", 50, 60, (Candidate("é", BOX, 0.9, True, 0.25), Candidate("pen", BOX, 0.3, False))
    )
    assert Label.from_json(json.loads(json.dumps(label.to_json()))) == label
