"""When what is of the kind is asked whether it is this one, and what is held in between."""

import dataclasses

import numpy as np

from edge_demo.model.object_match import ObjectMatch
from edge_demo.model.reference import Reference
from edge_demo.model.verdicts import CHECK, Verdicts, step

KIND = ObjectMatch("cup", 0.9, True, (100.0, 100.0, 140.0, 180.0), 0.1)
GONE = ObjectMatch("cup", 0.1, False, (0.0, 0.0, 9.0, 9.0), 0.9)
THIS = dataclasses.replace(KIND, score=0.95, same=True, angle_deg=45.0, view=1)
LIKE = dataclasses.replace(KIND, score=0.2, match=False, same=False)


def searches(kinds, answers):
    """[(what was said, whether it was looked for)] of every search; a look in search n is answered by `answers[n]`."""
    no, said = None, []
    for number, kind in enumerate(kinds):
        asked = []
        no, result = step(no, kind, lambda: asked.append(1) or answers[number])  # noqa: B023
        said.append((result, bool(asked)))
    return said


def moved(found, x):
    left, top, right, bottom = found.box_px
    return dataclasses.replace(found, box_px=(left + x, top, right + x, bottom))


def test_a_no_holds_while_the_box_moves_on_and_is_checked_after_some_searches():
    said = searches([moved(KIND, 2 * n) for n in range(CHECK + 2)], {0: LIKE, CHECK: LIKE})
    assert [number for number, (_, asked) in enumerate(said) if asked] == [0, CHECK]
    held = said[2][0]
    assert held.verdict == "one like it" and held.kind_score == 0.9
    assert (held.score, held.same, held.box_px) == (0.2, False, moved(KIND, 4).box_px)


def test_a_yes_is_asked_for_again():
    said = searches([KIND] * 2, {0: THIS, 1: LIKE})
    assert said == [(THIS, True), (LIKE, True)]


def test_what_is_elsewhere_is_looked_at_anew():
    """30 of 40 px further right, an IoU of 1 / 7."""
    said = searches([KIND, moved(KIND, 30)], {0: LIKE, 1: THIS})
    assert [(result.same, asked) for result, asked in said] == [(False, True), (True, True)]


def test_what_was_gone_is_looked_at_anew_and_meanwhile_is_not_there():
    said = searches([KIND, GONE, KIND], {0: LIKE, 2: THIS})
    assert [(result.verdict, result.score, asked) for result, asked in said] == [
        ("one like it", 0.2, True),
        ("not there", 0.0, False),
        ("this one", 0.95, True),
    ]


class Looking:
    """A matcher that says no to every look, and counts them."""

    def __init__(self):
        self.looks = 0

    def looked(self, _frame, _views, kind):
        self.looks += 1
        return dataclasses.replace(kind, score=0.2, match=False, same=False)


def test_every_object_has_an_answer_of_its_own():
    matcher = Looking()
    verdicts, views = Verdicts(matcher), [(Reference("any", np.zeros(2)),)] * 2
    kinds = [KIND, dataclasses.replace(KIND, name="pen")]
    for _ in range(CHECK):
        told = verdicts.told(np.zeros((200, 200, 3), np.uint8), views, kinds)
        assert [one.same for one in told] == [False, False]
    assert matcher.looks == 2
