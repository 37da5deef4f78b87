"""A film in which this thing is followed: to the model of these tests a thing and its twin are of one kind."""

import pytest
from edge_layout import frame, reddish, twin, write_twins

from edge_demo.gallery import pursuit
from edge_demo.gallery.pursuit import EVERY, Pursuit
from edge_demo.gallery.views import KnownObject
from edge_demo.model.geometry import iou
from edge_demo.model.matcher import Matcher


@pytest.fixture(scope="module")
def matcher(tmp_path_factory):
    return Matcher(write_twins(tmp_path_factory.mktemp("twins") / "twins.tflite"))


@pytest.fixture(scope="module")
def cup(matcher):
    return KnownObject("cup", (0, 0, 0), (matcher.describe(reddish(), "cup"),))


def found_in(pursuit, cup, *things):
    (found,) = pursuit.match(frame(*things), [cup]).objects
    return found


def test_what_moves_is_followed_by_one_look_a_frame(matcher, cup):
    film = Pursuit(matcher)
    for left in (40, 56, 72, 88):
        found = found_in(film, cup, (reddish(), (left, 100)))
        assert found.same and iou(found.box_px, (left, 100, left + 80, 180)) > 0.7
    assert film.looks_per_frame == 1


def test_what_leaves_is_not_there_and_a_twin_is_not_it(matcher, cup):
    film = Pursuit(matcher)
    assert found_in(film, cup, (reddish(), (40, 100))).same
    assert not found_in(film, cup).same
    assert not found_in(film, cup, (twin(), (40, 100))).same


def test_what_comes_back_is_found_at_the_next_search_of_everything(matcher, cup):
    """A look for the kind goes to the larger one, which is the twin; only a search of everything sees behind it."""
    film, both = Pursuit(matcher), ((twin(160), (10, 10)), (reddish(), (220, 220)))
    said = [found_in(film, cup).same] + [found_in(film, cup, *both).same for _ in range(EVERY)]
    assert said == [False] * EVERY + [True]


def test_lost_things_take_turns(matcher, cup, monkeypatch):
    """At frames 0, 8 and 16; what is searched for everywhere is looked at once, as the other is."""
    searched = []
    still = pursuit.search_still

    def noted(matcher, seen, objects):
        searched.extend(known.name for known in objects)
        return still(matcher, seen, objects)

    monkeypatch.setattr(pursuit, "search_still", noted)
    other = KnownObject("mug", (0, 0, 0), cup.views)
    film = Pursuit(matcher)
    for _ in range(2 * EVERY + 1):
        film.match(frame(), [cup, other])
    assert searched == ["cup", "mug", "cup"] and film.looks_per_frame == 1
