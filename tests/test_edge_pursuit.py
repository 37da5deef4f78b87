"""A film in which things are followed, and what a look costs is counted; to the model of these tests a thing and its twin are of one kind."""

import dataclasses

import numpy as np
import pytest
from edge_layout import frame, mistaken, reddish, twin, write_twins

from edge_demo.effort import EFFORTS, NORMAL, QUICK, THOROUGH
from edge_demo.errors import NotFinite
from edge_demo.gallery import kind_looks
from edge_demo.gallery.pursuit import PACES, Pursuit
from edge_demo.gallery.views import KnownObject
from edge_demo.model.geometry import iou
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import ObjectMatch

LEFT, TOP = PLACE = (80, 80)  # where the model's coarse grid has it for one of the kind
PACE = PACES[NORMAL]
SMALL_AND_TWIN = (
    (twin(160), (10, 10)),
    (reddish(), (220, 220)),
)  # a look for the kind goes to the larger one


@pytest.fixture(scope="module")
def matcher(tmp_path_factory):
    return Matcher(write_twins(tmp_path_factory.mktemp("twins") / "twins.tflite"))


@pytest.fixture(scope="module")
def cup(matcher):
    return KnownObject("cup", (0, 0, 0), (matcher.describe(reddish(), "cup"),))


def told(film, cup, frames, fps=30):
    """What is said of every frame, of things that are given as to `frame`."""
    return [film.match(frame(*things), [cup], n / fps).objects[0] for n, things in enumerate(frames)]


def test_what_moves_is_followed_and_the_network_looks_now_and_then(matcher, cup):
    """After 1, 2, 3, ... frames; between, scores are those of the last look."""
    lefts = [LEFT + 3 * n for n in range(20)]
    said = told(Pursuit(matcher), cup, [[(reddish(), (left, TOP))] for left in lefts])
    assert [n for n, one in enumerate(said) if one.looked] == [0, 1, 3, 6, 10, 15]
    for left, one in zip(lefts, said, strict=True):
        assert one.same and iou(one.box_px, (left, TOP, left + 80, TOP + 80)) > 0.7
    assert {one.score for one in said[10:15]} == {said[10].score} != {said[15].score}


def test_what_is_shown_anew_is_looked_at_at_once(matcher, cup):
    film, again = Pursuit(matcher), KnownObject(cup.name, cup.color, cup.views * 2)
    told(film, cup, [[(reddish(), PLACE)]] * 5)
    (found,) = told(film, again, [[(reddish(), PLACE)]])
    assert found.looked and found.same


def test_what_is_said_not_to_be_it_is_let_go_at_once_and_not_found_again_part_by_part(matcher, cup):
    film = Pursuit(matcher)
    assert all(one.same for one in told(film, cup, [[(mistaken(), PLACE)]] * 5))
    cup = cup.unlike(matcher.describe(mistaken(), "cup"))
    assert not any(one.match for one in told(film, cup, [[(mistaken(), PLACE)]] * 45))
    assert told(Pursuit(matcher), cup, [[(reddish(), PLACE)]])[0].same


def test_thorough_looks_at_every_frame(matcher, cup):
    film = Pursuit(matcher, THOROUGH)
    assert all(one.looked for one in told(film, cup, [[(reddish(), PLACE)]] * 5))


@pytest.mark.parametrize("effort", EFFORTS)
def test_what_is_gone_is_missed_after_as_many_frames_as_the_pace_says(matcher, cup, effort):
    """A flow that is always sure, as on a still picture that hides the thing, says nothing: only the looks do."""
    film = Pursuit(matcher, effort)
    told(film, cup, [[(reddish(), PLACE)]] * 40)
    film._flow.follow = list  # sure of everything
    gone = [one.match for one in told(film, cup, [[]] * 20, fps=1000)]
    assert gone.index(False) < PACES[effort].followed and not any(gone[gone.index(False) :])


def test_what_is_gone_to_the_eye_is_missed_at_once(matcher, cup):
    film = Pursuit(matcher)
    told(film, cup, [[(reddish(), PLACE)]] * 17)
    gone, other = told(film, cup, [[], [(twin(), PLACE)]])
    assert gone.looked and not gone.match and not other.match


def test_frames_that_are_far_apart_are_all_looked_at(matcher, cup):
    said = told(Pursuit(matcher), cup, [[(reddish(), (LEFT + 16 * n, TOP))] for n in range(4)], fps=2)
    assert all(one.looked and one.same for one in said)


def test_a_new_thing_is_seen_at_the_next_look_for_the_kind(matcher, cup):
    for lead in range(PACE.lost):
        film = Pursuit(matcher)
        told(film, cup, [[]] * (10 + lead))
        seen = [one.match for one in told(film, cup, [[(reddish(), PLACE)]] * PACE.lost)]
        assert any(seen)


def test_what_no_look_for_the_kind_sees_is_found_part_by_part(matcher, cup):
    """Of ten parts, the first of which is the whole frame, one is searched in four frames. Never by quick."""
    film, quick = Pursuit(matcher), Pursuit(matcher, QUICK)
    told(film, cup, [[]] * 3)
    said = [one.match for one in told(film, cup, [SMALL_AND_TWIN] * 44)]
    assert any(said) and all(said[said.index(True) :])
    assert not any(one.match for one in told(quick, cup, [SMALL_AND_TWIN] * 26))


def test_in_the_first_frame_there_is_time_for_a_search(matcher, cup):
    """Between the cells of the model's grid it is not of its kind."""
    (found,) = told(Pursuit(matcher), cup, [[(reddish(), (40, 100))]])
    assert found.same and iou(found.box_px, (40, 100, 120, 180)) > 0.7
    (unseen,) = told(Pursuit(matcher, QUICK), cup, [[(reddish(), (40, 100))]])
    assert not unseen.same


def test_what_was_sure_and_is_lost_is_searched_for_at_once(matcher, cup):
    """It jumped to where no look for the kind finds it."""
    film = Pursuit(matcher)
    told(film, cup, [[(reddish(), PLACE)]] * 8)
    (found,) = told(film, cup, [[(reddish(), (220, 200))]])
    assert found.looked and found.same and iou(found.box_px, (220, 200, 300, 280)) > 0.7


def test_of_very_many_things_what_was_seen_once_or_twice_and_is_lost_waits_for_the_next_look(
    matcher, cup, monkeypatch
):
    """Of few the whole frame is looked at at once. A look at its place says that it is gone; of few a part is searched, too."""
    for every_one, looks in ((0, 1), (1, 3)):
        monkeypatch.setattr("edge_demo.gallery.pursuit.EVERY_ONE", every_one)
        film = Pursuit(matcher)
        told(film, cup, [[(reddish(), PLACE)]] * 2)
        count = film._count
        gone, carried = told(film, cup, [[]] * 2)
        assert gone.looked and not gone.match and film._count == count + looks
        assert not carried.looked and not carried.match


def searched_in(film, frames, known, monkeypatch):
    """Whom parts of the frames are searched for, in order."""
    searched, part_by_part = [], film._looks.part_by_part
    monkeypatch.setattr(
        film._looks,
        "part_by_part",
        lambda known, *rest: searched.append(known.name) or part_by_part(known, *rest),
    )
    for things in frames:
        film.match(frame(*things), known)
    return searched


def test_of_very_many_things_parts_are_searched_for_what_was_sure_alone(matcher, cup, monkeypatch):
    """Its search is done after ten parts, which take less than 44 frames."""
    many = [cup, *(KnownObject(f"mug {n}", (0, 0, 0), cup.views) for n in range(3))]
    monkeypatch.setattr("edge_demo.gallery.pursuit.EVERY_ONE", 2)
    assert searched_in(Pursuit(matcher), [[]] * 20, many, monkeypatch) == []
    frames = [*[[(reddish(), PLACE)]] * 8, *[[]] * 44]
    assert searched_in(Pursuit(matcher), frames, many, monkeypatch) == ["cup"]


def test_lost_things_take_turns(matcher, cup, monkeypatch):
    mug = KnownObject("mug", (0, 0, 0), cup.views)
    assert searched_in(Pursuit(matcher), [[]] * 100, [cup, mug], monkeypatch) == ["cup", "mug", "cup"]


def test_things_that_are_followed_are_looked_at_in_different_frames(matcher, cup):
    """Two, each every 8 frames at last, and never both in one but for the first."""
    film, mug = Pursuit(matcher), KnownObject("mug", (0, 0, 0), (matcher.describe(twin(), "mug"),))
    shown = frame((reddish(), (30, 35)), (twin(), (210, 205)))
    looks = np.array([[one.looked for one in film.match(shown, [cup, mug]).objects] for _ in range(100)])
    settled = looks[60:].sum(axis=1)
    assert settled.max() == 1 and settled.sum() == pytest.approx(2 * 40 / 8, abs=2)


def test_a_part_for_which_the_model_gives_no_number_is_one_without_the_thing(monkeypatch):
    """Every part of a frame may be black, and the search comes to its end all the same, with what was said before."""

    def no_number(*_):
        raise NotFinite("nan")

    monkeypatch.setattr(kind_looks, "look", no_number)
    looks, where = kind_looks.KindLooks(None), ObjectMatch("cup", 0.9, True, (10.0, 10.0, 30.0, 30.0), 0.1)
    assert not looks.again(frame(), None, where).match
    search, last = looks.part_by_part(None, dataclasses.replace(where, match=False), None), None
    next(search)
    while last is None:
        try:
            search.send(frame())
        except StopIteration as end:
            last = end.value
    assert not last.match


def test_frames_of_another_size_and_objects_that_were_deleted_begin_anew(matcher, cup):
    film = Pursuit(matcher)
    told(film, cup, [[(reddish(), PLACE)]] * 5)
    (found,) = film.match(frame((reddish(), PLACE), hw=(200, 320)), [cup]).objects
    assert found.looked
    assert film.match(frame(), []).objects == []
    (found,) = film.match(frame((reddish(), PLACE), hw=(200, 320)), [cup]).objects
    assert found.looked


def test_before_the_first_frame_there_are_no_looks(matcher, cup):
    film = Pursuit(matcher)
    assert film.looks_per_frame == 0.0
    told(film, cup, [[(reddish(), PLACE)]] * 4)
    assert film.looks_per_frame == 3 / 4
