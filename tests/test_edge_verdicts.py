"""When a film is looked at for this one, and what is held in between."""

import dataclasses

import numpy as np
import pytest

from edge_demo.model.object_match import ObjectMatch
from edge_demo.model.reference import Reference
from edge_demo.model.verdicts import CHECK, Verdicts, carried, step

KIND = ObjectMatch("cup", 0.9, True, (100.0, 100.0, 140.0, 180.0), 0.1)
GONE = ObjectMatch("cup", 0.1, False, (0.0, 0.0, 9.0, 9.0), 0.9)
TIGHT_PX = (110.0, 120.0, 130.0, 160.0)  # a quarter of the sides within the kind's box
THIS = dataclasses.replace(KIND, score=0.95, same=True, box_px=TIGHT_PX, angle_deg=45.0, view=1)
LIKE = dataclasses.replace(KIND, score=0.2, match=False, same=False)


def film(kinds, answers):
    """[(what was said, whether it was looked for)] of every frame; a look in frame n is answered by `answers[n]`."""
    verdict, said = None, []
    for number, kind in enumerate(kinds):
        asked = []
        verdict, result = step(verdict, kind, lambda: asked.append(1) or answers[number])  # noqa: B023
        said.append((result, bool(asked)))
    return said


def moved(found, x):
    left, top, right, bottom = found.box_px
    return dataclasses.replace(found, box_px=(left + x, top, right + x, bottom))


def test_a_box_is_carried_along_in_place_and_size():
    """From 40 x 80 to twice the size, 60 further right."""
    assert carried(TIGHT_PX, KIND.box_px, (160, 100, 240, 260)) == (180, 140, 220, 220)


def test_a_verdict_holds_while_the_box_moves_on_and_is_checked_after_some_frames():
    said = film([moved(KIND, 2 * n) for n in range(CHECK + 2)], {0: THIS, CHECK: THIS})
    assert [number for number, (_, asked) in enumerate(said) if asked] == [0, CHECK]
    assert said[0][0] == THIS
    held = said[3][0]
    assert (held.score, held.same, held.match, held.angle_deg, held.view) == (0.95, True, True, 45.0, 1)
    assert held.box_px == moved(THIS, 6).box_px
    assert held.kind_score == 0.9 and held.verdict == "this one"


def test_what_is_only_like_it_holds_too_with_the_kinds_own_box():
    (_, _), (held, asked) = film([KIND, moved(KIND, 5)], {0: LIKE})
    assert not asked and held.verdict == "one like it"
    assert (held.score, held.box_px) == (0.2, moved(KIND, 5).box_px)


def test_one_check_that_says_otherwise_is_checked_again_and_then_counts():
    said = film([KIND] * (CHECK + 2), {0: THIS, CHECK: LIKE, CHECK + 1: LIKE})
    assert [result.same for result, _ in said[CHECK:]] == [True, False]
    assert [asked for _, asked in said[CHECK:]] == [True, True]


def test_one_check_that_was_wrong_changes_nothing():
    said = film([KIND] * (2 * CHECK + 1), {0: LIKE, CHECK: THIS, CHECK + 1: LIKE})
    assert [result.same for result, _ in said] == [False] * len(said)
    assert [number for number, (_, asked) in enumerate(said) if asked] == [0, CHECK, CHECK + 1]


def test_what_is_elsewhere_is_looked_at_anew():
    """30 of 40 px further right, an IoU of 1 / 7."""
    said = film([KIND, moved(KIND, 30)], {0: THIS, 1: LIKE})
    assert [(result.same, asked) for result, asked in said] == [(True, True), (False, True)]


def test_what_was_gone_is_looked_at_anew_and_meanwhile_is_not_there():
    said = film([KIND, GONE, KIND], {0: THIS, 2: LIKE})
    assert [(result.verdict, result.score, asked) for result, asked in said] == [
        ("this one", 0.95, True),
        ("not there", 0.0, False),
        ("one like it", 0.2, True),
    ]


class Looking:
    """A matcher that says yes to every look, and counts them."""

    layout = "any"

    def __init__(self):
        self.looks = 0

    def looked(self, _frame, _views, kind):
        self.looks += 1
        return dataclasses.replace(kind, score=0.95, same=True)


@pytest.mark.parametrize("layout, looks", [("any", 2), (None, 0)])
def test_every_object_has_a_verdict_of_its_own_if_the_model_can_tell(layout, looks):
    matcher = Looking()
    matcher.layout = layout
    verdicts, views = Verdicts(matcher), [(Reference("any", np.zeros(2)),)] * 2
    kinds = [KIND, dataclasses.replace(KIND, name="pen")]
    for _ in range(CHECK):
        told = verdicts.told(np.zeros((200, 200, 3), np.uint8), views, kinds)
        assert [one.same for one in told] == [layout and True] * 2
    assert matcher.looks == looks


def test_a_box_that_is_carried_along_stays_in_the_frame():
    frame, views = np.zeros((200, 145, 3), np.uint8), [(Reference("any", np.zeros(2)),)]
    verdicts = Verdicts(Looking())
    verdicts.told(frame, views, [KIND])
    (told,) = verdicts.told(frame, views, [moved(KIND, 8)])
    assert told.box_px == (108, 100, 145, 180)
