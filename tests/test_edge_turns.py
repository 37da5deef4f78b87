"""Who is searched for in which frame, with likenesses by hand."""

import numpy as np
import pytest
from edge_model import write_spots

from edge_demo.effort import THOROUGH
from edge_demo.gallery.objects import Objects
from edge_demo.gallery.pursuit import Pursuit
from edge_demo.gallery.views import KnownObject, match_objects
from edge_demo.model import turns
from edge_demo.model.matcher import Matcher
from edge_demo.model.reference import Reference
from edge_demo.model.shortlist import Shortlist, windows
from edge_demo.model.turns import Turns


@pytest.fixture
def few(monkeypatch):
    """More than two things take turns, one in a frame; the likeliest waits half as long as the third."""
    for name, value in (("EVERY_ONE", 2), ("LOCATED", 1), ("CLOSER", 1), ("EVEN", 2)):
        monkeypatch.setattr(turns, name, value)


def things(*codes):
    """Things whose coarse parts are all alike, of as many directions as there are codes; the first half of a descriptor is not read."""
    return [(Reference(f"{n}", None, np.array([code] * 4, np.float32)),) for n, code in enumerate(codes)]


def frame_like(code):
    """A coarse map of one cell."""
    return np.array([[code]], np.float32)


X, Y, Z = np.eye(3)


def test_few_things_take_no_turns(few):
    film, own = Turns(), things(X, Y)
    film.know(own)
    assert list(film.located(frame_like(Z), own)) == [0, 1]


def test_the_likelier_one_is_the_sooner_its_turn_comes_and_all_come(few):
    """A frame like X, a little like Y: ranks 0, 1, 2, so 1/2, 1/3 and 1/4 are added in every frame, and whose turn it was begins at 0.

    frame 1: 0.50 0.33 0.25 -> X;  2: 0.50 0.67 0.50 -> Y;  3: 1.00 0.33 0.75 -> X;  4: 0.50 0.67 1.00 -> Z
    """
    film, own = Turns(), things(X, Y, Z)
    film.know(own)
    cells = frame_like(np.array([0.9, 0.4, 0.1]))
    assert [film.located(cells, own) for _ in range(4)] == [[0], [1], [0], [2]]


def test_some_of_the_things_take_their_turns_among_themselves(few):
    """As when others are followed: without X, the next are Y and Z and a fourth, like nothing here."""
    film, own = Turns(), things(X, Y, Z, -X)
    film.know(own)
    cells = frame_like(np.array([0.9, 0.4, 0.1]))
    assert film.located(cells, own[1:]) == [0]


def test_the_hotter_one_is_looked_at_first_and_the_other_after_it_has_waited(few):
    """Heats 4 and 1.2, which is 2.8 less: a wait e^1.4 = 4.06 times as long, so the other's turn comes in the fifth frame."""
    film, own = Turns(), things(X, Y, Z)
    film.know(own)
    film.located(frame_like(X), own)
    assert [film.closer(own[:2], [4.0, 1.2]) for _ in range(6)] == [[0], [0], [0], [0], [1], [0]]
    assert list(film.closer([], [])) == []


def test_a_new_thing_leaves_the_others_their_places(few):
    """After X and before Y there is a fourth thing, the least likely: Y has waited longest."""
    film, own = Turns(), things(X, Y, Z)
    film.know(own)
    cells = frame_like(np.array([0.9, 0.4, 0.1]))
    assert film.located(cells, own) == [0]
    more = [*own, *things(-X)]
    film.know(more)
    assert film.located(cells, more) == [1]


def test_windows_are_averaged_by_hand():
    """2x2 cells with 1, 2, 3 and 4: each by itself, and all, 2.5."""
    cells = np.array([[[1.0], [2.0]], [[3.0], [4.0]]], np.float32)
    np.testing.assert_allclose(windows(cells, (1, 2, 3)).ravel(), [1, 2, 3, 4, 2.5])


def test_a_thing_is_as_likely_as_its_likeliest_view_in_its_best_window():
    """The second thing has a view like the frame's second cell, and one that is not: it is the likelier one."""
    shortlist = Shortlist([[np.array([code] * 4, np.float32) for code in views] for views in ((Z,), (X, Y))])
    likeness = shortlist.likeness(np.array([[-X - Y, Y]], np.float32))
    assert likeness[1] > likeness[0]
    assert likeness[1] == pytest.approx(1, abs=0.02)


@pytest.fixture(scope="module")
def matcher(tmp_path_factory):
    return Matcher(write_spots(tmp_path_factory.mktemp("model") / "spots.tflite"))


def test_in_a_film_of_many_things_what_is_there_is_found_and_stays_found(few, matcher):
    """Red is in every frame; of three things one has its turn in a search. Within as many searches as it takes all to come it is found,
    and from then on it stays."""

    def plain(color):
        picture = np.full((8, 8, 3), color, np.uint8)
        picture[0, 0] //= 2
        return picture

    objects = Objects(matcher, search=Pursuit(matcher, THOROUGH))
    for name, color in (("blue", (200, 0, 0)), ("green", (0, 200, 0)), ("red", (0, 0, 200))):
        objects.add(name, plain(color))
    frame = np.zeros((16, 16, 3), np.uint8)
    frame[:4, :4] = (0, 0, 200)
    found = [objects.match(frame).objects[2].match for _ in range(8)]
    first = found.index(True)
    assert first < 4 and all(found[first:])
    # A picture by itself is searched for every one.
    known = [KnownObject(one.name, one.color, one.views) for one in objects.known]
    assert match_objects(matcher, frame, known).objects[2].match
