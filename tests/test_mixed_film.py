"""benchmarks/mixed_film.py: who is counted as right, by hand, and where the panned window lies."""

import mixed_film
import numpy as np

from edge_demo.model.matcher import MatchResult, ObjectMatch

FRAME = np.zeros((4, 4, 3), np.uint8)


def test_the_window_moves_over_each_picture_from_corner_to_corner():
    """Of a picture of 20 x 10, 14 x 7 are seen: the window starts at (0, 0), (3, 1) and (6, 3)."""
    y, x = np.indices((10, 20))
    picture = np.stack([x, y, np.zeros_like(x)], axis=-1).astype(np.uint8)
    frames = list(mixed_film.panned([picture, picture + 100], 6, (14, 7)))
    assert [tuple(frame[0, 0, :2]) for frame in frames[:3]] == [(0, 0), (3, 1), (6, 3)]
    assert [tuple(frame[0, 0, :2]) for frame in frames[3:]] == [(100, 100), (103, 101), (106, 103)]
    assert {frame.shape for frame in frames} == {(7, 14, 3)}


def test_frames_are_right_where_the_cup_is_found_in_its_place_and_where_none_is_found_without_it():
    """Boxes of 10 x 10: one moved by 2 shares 80 of 120, IoU 0.67; one moved by 5 shares 50 of 150, 0.33."""
    label = np.array([0, 0, 10, 10.0])
    watched = [
        ("cup", 0, True, label + 2 * np.array([1, 0, 1, 0])),
        ("cup", 4, True, label + 5 * np.array([1, 0, 1, 0])),
        ("cup", 8, False, label),
        ("cup", mixed_film.REFERENCE_FRAME, True, label),  # shown to the model: does not count
        ("cup", 1, True, label),  # without a label
        ("cup", 2, False, label),
        ("street", 0, False, label),
        ("street", 1, True, label),
        ("pictures", 0, False, label),
    ]
    frames = [(name, number, FRAME) for name, number, _, _ in watched]
    boxes = dict.fromkeys((0, 4, 8, mixed_film.REFERENCE_FRAME), label)
    counts = mixed_film.judged(frames, [(match, box) for *_, match, box in watched], boxes)
    assert counts == {
        "cup": (1, 3),
        "street": (1, 2),
        "pictures": (1, 1),
        "all": (3, 6),
        "cup without a label: seen": (1, 2),
        "cup not seen": (1, 3),
        "cup's box wrong": (1, 3),
        "cup still shown after a cut": (1, 3),
    }


def test_what_is_shown_is_steadied():
    """A single miss among hits is bridged."""
    scores = iter([0.9, 0.9, 0.9, 0.1, 0.9])

    class Objects:
        def match(self, *_):
            score = next(scores)
            return MatchResult(
                1.0, [ObjectMatch("cup", score, score >= 0.5, (0.0, 0.0, 2.0, 2.0), 1 - score)]
            )

    frames = [("cup", number, FRAME) for number in range(5)]
    shown = mixed_film.watched(frames, 30, Objects(), 0.5)
    assert [match for match, _ in shown] == [True] * 5
