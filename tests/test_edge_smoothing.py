"""Steadied results, by hand: with a time constant of 1 s / ln 2 and a second between frames, half of every change counts."""

import dataclasses
import math

import pytest

from edge_demo.model.matcher import MatchResult, ObjectMatch
from edge_demo.results.smoothing import Smoothing

HALF = 1 / math.log(2)
BOX = (0.0, 0.0, 8.0, 8.0)
FAR = (100.0, 0.0, 108.0, 8.0)


def result(score, box=BOX, name="cup"):
    return MatchResult(1.0, [ObjectMatch(name, score, score >= 0.5, box, 0.25)])


def run(smoothing, *frames):
    """What comes of (score, box) at 0, 1, 2, ... seconds."""
    return [smoothing.update(result(*frame), float(k)).objects[0] for k, frame in enumerate(frames)]


def test_scores_follow_by_the_time_constant():
    found = run(Smoothing(0.5, HALF), (1.0,), (0.0,), (0.0,), (1.0,))
    assert [item.score for item in found] == pytest.approx([1, 0.5, 0.25, 0.625])
    assert {item.distance for item in found} == {0.25}


def test_one_of_its_kind_is_steadied_too_and_what_is_no_match_is_one_like_it():
    """Level 0.5, margin 0.125. It is this one and no more, while its kind stays and then goes: 1, 0.5, 0.25 and 1, 1, 0.5, 0.25."""
    smoothing, said = Smoothing(0.5, HALF, 0.125), []
    for time_s, (score, kind_score) in enumerate([(1.0, 1.0), (0.0, 1.0), (0.0, 0.0), (0.0, 0.0)]):
        item = ObjectMatch("cup", score, score >= 0.5, BOX, 0.25, kind_score=kind_score, same=score >= 0.5)
        said.append(smoothing.update(MatchResult(1.0, [item]), float(time_s)).objects[0])
    assert [(one.score, one.kind_score) for one in said] == [(1, 1), (0.5, 1), (0.25, 0.5), (0.125, 0.25)]
    assert [one.verdict for one in said] == ["this one", "this one", "one like it", "not there"]
    assert [one.same for one in said] == [True, True, False, False]


def test_where_only_the_kind_is_known_both_scores_stay_one():
    found = run(Smoothing(0.5, HALF), (1.0,), (0.0,), (0.0,))
    assert [(one.kind_score, one.kind_match) for one in found] == [(one.score, one.match) for one in found]
    assert {one.same for one in found} == {None}


def test_half_the_time_counts_by_the_root():
    """Two steps of half a second leave what one of a second leaves: a half."""
    smoothing = Smoothing(0.5, HALF)
    scores = [
        smoothing.update(result(s), t).objects[0].score for s, t in ((1.0, 0.0), (0.0, 0.5), (0.0, 1.0))
    ]
    assert scores == pytest.approx([1, math.sqrt(0.5), 0.5])


def test_an_object_appears_above_the_level_and_disappears_below():
    """Scores as they are (0 s); level 0.5, margin 0.125: on from 0.625, off below 0.375."""
    scores = [0.25, 0.5, 0.6, 0.625, 0.5, 0.375, 0.374, 0.5, 0.62]
    found = run(Smoothing(0.5, 0, 0.125), *((score,) for score in scores))
    assert [item.match for item in found] == [False, False, False, True, True, True, False, False, False]


def test_without_smoothing_each_frame_stands_alone():
    found = run(Smoothing(0.5, 0, 0), (0.5, BOX), (0.49, FAR), (1.0, BOX))
    assert [(item.score, item.match, item.box_px) for item in found] == [
        (0.5, True, BOX),
        (0.49, False, FAR),
        (1.0, True, BOX),
    ]


@pytest.mark.parametrize("level", [0.0, 0.05, 0.5, 0.98, 1.0])
def test_both_states_can_be_reached_at_any_level(level):
    appear, disappear = Smoothing(level, margin=0.1).limits()
    assert 0 <= disappear <= level <= appear <= 1


def test_the_level_may_be_moved():
    smoothing = Smoothing(0.5, 0, 0)
    assert smoothing.update(result(0.6), 0.0).objects[0].match
    smoothing.level = 0.7
    assert not smoothing.update(result(0.6), 1.0).objects[0].match


def test_a_box_moves_half_of_the_way():
    """IoU of a shift by 2 of 8: 6 / 10."""
    found = run(Smoothing(0.5, HALF), (1.0, BOX), (1.0, (2.0, 0.0, 10.0, 8.0)))
    assert found[1].box_px == pytest.approx((1, 0, 9, 8))


def test_a_box_that_jumps_for_two_frames_is_not_followed_and_for_three_it_is():
    smoothing = Smoothing(0.5, HALF)
    found = run(smoothing, (1.0, BOX), (1.0, FAR), (1.0, FAR), (1.0, BOX), (1.0, FAR), (1.0, FAR), (1.0, FAR))
    assert [item.box_px for item in found] == [BOX] * 6 + [FAR]


def test_a_frame_that_cannot_see_the_object_does_not_move_its_box():
    """Score 1, then 0 once: smoothed 0.5, still shown."""
    found = run(Smoothing(0.5, HALF), (1.0, BOX), (0.0, (2.0, 0.0, 10.0, 8.0)))
    assert found[1].match
    assert found[1].box_px == BOX


def test_what_is_not_shown_is_followed_at_once():
    found = run(Smoothing(0.5, HALF), (0.0, BOX), (0.0, FAR))
    assert found[1].box_px == FAR


@pytest.mark.parametrize("time_s", [-1.0, 1.5])
def test_after_a_gap_or_a_jump_back_nothing_is_remembered(time_s):
    smoothing = Smoothing(0.5, HALF)
    smoothing.update(result(1.0), 0.0)
    assert smoothing.update(result(0.0), time_s).objects[0].score == 0


def test_objects_are_apart_and_what_is_left_out_is_forgotten():
    smoothing = Smoothing(0.5, HALF)
    smoothing.update(result(1.0), 0.0)
    smoothing.update(result(0.0, name="pen"), 1.0)
    assert smoothing.update(result(0.0), 2.0).objects[0].score == 0


@pytest.mark.parametrize("arguments", [(1.1,), (0.5, -1), (0.5, 0, 2), (0.5, math.inf), (math.nan,)])
def test_impossible_settings_are_refused(arguments):
    with pytest.raises(ValueError, match="Invalid smoothing"):
        Smoothing(*arguments)


def test_a_frame_in_which_nothing_was_looked_at_leaves_the_box_where_it_was():
    """On at 1, then scores of 0 without a box: 0.5 and 0.25, off; the box that comes back is taken as it is."""
    found = run(Smoothing(0.5, HALF, 0.1), (1.0,), (0.0, None), (0.0, None), (1.0, FAR))
    assert [item.box_px for item in found[:3]] == [BOX] * 3
    assert [item.match for item in found] == [True, True, False, True]


def test_what_never_was_looked_at_has_no_box_until_it_is():
    found = run(Smoothing(0.5, HALF), (0.0, None), (0.0, None), (1.0, FAR))
    assert [item.box_px for item in found] == [None, None, FAR]


@pytest.mark.parametrize("seconds", [0.0, 1.0])
def test_nothing_is_shown_that_has_no_box_however_low_the_level(seconds):
    found = run(Smoothing(0.0, seconds), (0.0, None), (0.0, None))
    assert [item.match for item in found] == [False, False]


def lying(score, box=BOX):
    """As `result`, with an outline that is the box, and an angle."""
    found = result(score, box)
    if box is None:
        return found
    x0, y0, x1, y1 = box
    outline_px = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    (item,) = found.objects
    return MatchResult(1.0, [dataclasses.replace(item, outline_px=outline_px, angle_deg=30.0)])


@pytest.mark.parametrize("seconds", [0.0, HALF])
def test_an_outline_is_that_of_its_own_frame(seconds):
    """Shifted by 2 of 8, the box follows half of the way or all of it; the outline is where the frame has it."""
    smoothing = Smoothing(0.5, seconds)
    for time_s, box in enumerate((BOX, (2.0, 0.0, 10.0, 8.0))):
        found = smoothing.update(lying(1.0, box), float(time_s)).objects[0]
        assert (found.outline_px, found.angle_deg) == (lying(1.0, box).objects[0].outline_px, 30.0)


def test_an_outline_that_is_not_of_the_shown_box_is_left_out():
    """Elsewhere for two frames, then followed there; a frame that can't see the object, one without a box; no longer shown."""
    smoothing = Smoothing(0.5, HALF, 0.1)
    frames = [
        (1.0, BOX),
        (1.0, FAR),
        (1.0, FAR),
        (1.0, FAR),
        (0.3, FAR),
        (0.9, FAR),
        (0.2, None),
        (0.0, FAR),
    ]
    found = [smoothing.update(lying(*frame), float(k)).objects[0] for k, frame in enumerate(frames)]
    assert [item.match for item in found] == [True] * 7 + [False]
    assert [item.outline_px is not None for item in found] == [
        True,
        False,
        False,
        True,
        False,
        True,
        False,
        False,
    ]
    assert all((item.outline_px is None) == (item.angle_deg is None) for item in found)


def test_what_is_not_shown_yet_has_no_outline():
    assert Smoothing(0.5, HALF).update(lying(0.4), 0.0).objects[0].outline_px is None


def test_a_box_that_was_followed_moves_as_the_thing_does():
    """A look puts it 4 px further right, of which half counts; then it is followed by 10 and 20 px, and each time half of what it was off is made good."""
    smoothing, lefts = Smoothing(0.5, HALF), []
    for time_s, (left, looked) in enumerate([(0.0, True), (4.0, True), (14.0, False), (34.0, False)]):
        item = ObjectMatch("cup", 1.0, True, (left, 0.0, left + 32.0, 32.0), 0.25, looked=looked)
        lefts.append(smoothing.update(MatchResult(1.0, [item]), float(time_s)).objects[0].box_px[0])
    assert lefts == pytest.approx([0, 2, 13, 33.5])
