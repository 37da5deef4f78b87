"""Looks at parts of a picture and of a film, with a matcher whose answers are derived by hand."""

import types

import numpy as np
import pytest

from edge_demo.effort import THOROUGH
from edge_demo.gallery.kind_looks import KindLooks
from edge_demo.gallery.pursuit import Pursuit
from edge_demo.gallery.still import match_still
from edge_demo.gallery.views import KnownObject
from edge_demo.model import scan
from edge_demo.model.matcher import Found, ObjectMatch
from edge_demo.model.reference import Reference
from edge_demo.model.regions import whole
from edge_demo.model.scan import all_tiles, closer, everywhere, look, nearest

FRAME_WH = (320, 240)
WHOLE = whole(FRAME_WH)
TILES = all_tiles(FRAME_WH)


class Squares:
    """Finds a square of a view's own grey level, if it is whole and at least an eighth of the picture's height.

    Then the distance is 0.05, or the one asked for; else it is 0.9 and the box is the picture. At most 0.5 is a match, and
    the score is 1 minus the distance.
    """

    metadata = types.SimpleNamespace(threshold=0.5)
    layout = None

    def __init__(self, distance=0.05):
        self.found_at, self.sizes = distance, []

    def score(self, distance):
        return 1 - distance

    def distance(self, embedding, _):
        return float(embedding)

    def looked(self, _frame_bgr_u8, _views, kind):
        return kind

    def outlined(self, _frame_bgr_u8, found, _view):
        return found

    def search(self, picture, objects, early_no, _turns=None):
        self.sizes.append(picture.shape[1::-1])
        return [[self._found(picture, view) for view in views] for views in objects]

    def _found(self, picture, view):
        rows, columns = np.nonzero(picture[:, :, 0] == view.embedding[0])
        height, width = picture.shape[:2]
        side = int(view.embedding[1])
        if len(rows) < side**2 or side < height / 8:
            return Found(None, np.array(0.9), (0.0, 0.0, float(width), float(height)))
        box = float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
        return Found(None, np.array(self.found_at), box)


def known(name="cup", level=200, side=40):
    return KnownObject(name, (0, 0, 0), (Reference(name, np.array([level, side])),))


def frame_with(*squares, wh=FRAME_WH):
    """Squares (level, side, x, y) on black."""
    frame = np.zeros((wh[1], wh[0], 3), np.uint8)
    for level, side, x, y in squares:
        frame[y : y + side, x : x + side] = level
    return frame


def found(box=(100.0, 100.0, 140.0, 140.0), distance=0.05):
    return ObjectMatch("cup", 1 - distance, distance <= 0.5, box, distance)


MISS = found((0.0, 0.0, 9.0, 9.0), 0.9)


def test_a_look_at_a_region_gives_a_box_of_the_frame():
    region = (80, 60, 240, 180)
    result = look(Squares(), frame_with((200, 40, 100, 90)), known(), region)
    assert result == ObjectMatch("cup", 0.95, True, (100.0, 90.0, 140.0, 130.0), 0.05)


def test_closer_looks_are_of_two_widths_in_turns():
    """40 px times 2.4 and 3.5 around (120, 120)."""
    box = found().box_px
    assert closer(box, FRAME_WH) == closer(box, FRAME_WH, 2) == (72, 72, 168, 168)
    assert closer(box, FRAME_WH, 1) == (50, 50, 190, 190)


@pytest.mark.parametrize("distances, worst", [((0.02, 0.04, 0.03), 0.04), ((0.02, 0.04, 0.7), 0.7)])
def test_a_picture_is_searched_everywhere_and_the_best_place_twice_more_and_the_worst_of_these_counts(
    monkeypatch, distances, worst
):
    """The best look is the fourth tile's; the box is the closest look's."""
    best, *again = (found((90.0 + n, 90.0, 130.0, 130.0), distance) for n, distance in enumerate(distances))
    asked = []

    def look_at(_matcher, _frame, _known, region):
        asked.append(region)
        if len(asked) > 1 + len(TILES):
            return again[len(asked) - len(TILES) - 2]
        return best if region == TILES[4] else MISS

    monkeypatch.setattr(scan, "look", look_at)
    assert everywhere(None, frame_with(), known()) == found(again[0].box_px, worst)
    assert asked == [WHOLE, *TILES, *(closer(best.box_px, FRAME_WH, number) for number in (0, 1))]


def test_a_search_begins_near_a_place():
    """Of quarters, a box about (290, 30) is in the one whose middle is (280, 30); the next are 60 and 45 pixels off."""
    assert nearest(TILES, None) == TILES
    assert nearest(TILES[9:], (280.0, 20.0, 300.0, 40.0))[0] == (240, 0, 320, 60)


def searched(matcher, frames):
    """A search of a film, a frame a look: (how many it took, what it found)."""
    steps = KindLooks(matcher).part_by_part(known(side=16), MISS, None)
    next(steps)
    for number, frame in enumerate(frames):
        try:
            steps.send(frame)
        except StopIteration as end:
            return number, end.value
    return None


def test_a_small_object_is_found_by_a_tile_once_two_closer_looks_agree():
    """A square of 16 px is less than an eighth of 240, but not of a tile of 120. It is whole in the tile at (80, 60), the
    fifth: frame 4; the closer looks are at frames 5 and 6, and at the next it is told."""
    frames = [frame_with((200, 16, 150, 110))] * 9
    count, result = searched(Squares(), frames)
    assert count == 7 and result.match and result.box_px == (150, 110, 166, 126)


def test_where_a_closer_look_disagrees_the_search_goes_on_and_every_tile_has_its_turn():
    """It is there in the fifth frame alone, so that one closer look comes besides 34 tiles."""
    frames = [frame_with((200, 16, 150, 110)) if number == 4 else frame_with() for number in range(40)]
    count, result = searched(Squares(), frames)
    assert (count, result) == (len(TILES) + 1, MISS)
    assert len(TILES) == 3 * 3 + 5 * 5


def test_what_a_film_shows_of_a_kind_is_found_followed_and_missed():
    film = Pursuit(Squares(), THOROUGH)
    frames = [frame_with((200, 40, x, 100)) for x in (100, 110, 120)] + [frame_with()]
    told = [film.match(frame, [known()]).objects[0] for frame in frames]
    assert [one.match for one in told] == [True, True, True, False]
    assert [one.box_px for one in told[:3]] == [(x, 100, x + 40, 140) for x in (100, 110, 120)]


def test_a_picture_is_searched_by_tiles_where_the_effort_is_thorough():
    """The whole, 34 tiles, and two closer looks."""
    picture, matcher = frame_with((200, 16, 150, 110)), Squares()
    (once,) = match_still(matcher, picture, [known(side=16)]).objects
    assert not once.match and len(matcher.sizes) == 1
    (found,) = match_still(matcher, picture, [known(side=16)], THOROUGH).objects
    assert found.match and found.box_px == (150, 110, 166, 126) and len(matcher.sizes) == 1 + 37
