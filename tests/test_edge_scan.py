"""What is looked at and when, with a matcher whose answers are derived by hand."""

import types

import numpy as np
import pytest

from edge_demo.gallery.views import KnownObject
from edge_demo.model.matcher import Found, ObjectMatch
from edge_demo.model.reference import Reference
from edge_demo.model.regions import whole
from edge_demo.model.scan import AGREE, CHECK, PATIENCE, Scan, Track, all_tiles, closer, look, step, thorough

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

    def outlined(self, _frame_bgr_u8, found, _view):
        return found

    def search(self, picture, objects, early_no, _turns=None):
        assert not early_no  # looks that must agree are close ones
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


def looked(track, answers):
    """A step whose looks are answered in turn; (track, result, regions)."""
    asked, answers = [], iter(answers)

    def look_at(region):
        asked.append(region)
        return next(answers)

    after, result = step(track, FRAME_WH, look_at)
    assert next(answers, None) is None
    return after, result, asked


MISS = found((0.0, 0.0, 9.0, 9.0), 0.9)
FOLLOWED = Track(found().box_px, AGREE)


def test_a_look_at_a_region_gives_a_box_of_the_frame():
    region = (80, 60, 240, 180)
    result = look(Squares(), frame_with((200, 40, 100, 90)), known(), region)
    assert result == ObjectMatch("cup", 0.95, True, (100.0, 90.0, 140.0, 130.0), 0.05)


def test_closer_looks_are_of_two_widths_in_turns():
    """40 px times 2.4 and 3.5 around (120, 120)."""
    box = found().box_px
    assert closer(box, FRAME_WH) == closer(box, FRAME_WH, 2) == (72, 72, 168, 168)
    assert closer(box, FRAME_WH, 1) == (50, 50, 190, 190)


def test_the_first_look_is_at_the_whole_frame_and_counts_at_once():
    assert looked(Track(), [found()]) == (FOLLOWED, found(), [WHOLE])


def test_a_followed_object_is_looked_for_around_its_box_and_its_box_moves_on():
    moved = found((110.0, 100.0, 150.0, 140.0))
    track, result, asked = looked(FOLLOWED, [moved])
    assert asked == [closer(found().box_px, FRAME_WH)]
    assert (track, result) == (Track(moved.box_px, AGREE + 1), moved)


def test_an_object_that_left_its_region_is_found_elsewhere_in_the_same_frame():
    far = found((10.0, 10.0, 50.0, 50.0))
    track, result, asked = looked(Track(found().box_px, 7), [MISS, far])
    assert asked[1] == WHOLE
    assert (track, result) == (Track(far.box_px, AGREE), far)


def test_a_lost_object_costs_one_look_a_frame_in_turns_and_tiles_follow_where_it_was():
    """Lost in a frame of two looks; then every other frame looks at the whole, and those between where it was, until
    `PATIENCE` frames are over, then at tiles."""
    box = found().box_px
    track, result, _ = looked(FOLLOWED, [MISS, MISS])
    assert (track, result) == (Track(box, 0, 1, MISS), MISS)
    regions = []
    for _ in range(PATIENCE + 3):
        track, result, asked = looked(track, [MISS])
        assert result == MISS
        regions += asked
    assert regions[1::2] == [WHOLE] * (PATIENCE // 2 + 1)
    assert regions[:PATIENCE:2] == [closer(box, FRAME_WH)] * (PATIENCE // 2)
    assert regions[PATIENCE::2] == [TILES[PATIENCE // 2], TILES[PATIENCE // 2 + 1]]


def test_every_tile_has_its_turn():
    track, _, _ = looked(Track(), [MISS])
    regions = []
    for _ in range(2 * len(TILES)):
        track, _, asked = looked(track, [MISS])
        regions += asked
    assert regions[::2] == TILES
    assert regions[1::2] == [WHOLE] * len(TILES)
    assert len(TILES) == 3 * 3 + 5 * 5


def test_what_matches_in_a_tile_counts_when_two_closer_looks_agree():
    """Until then, what the whole frame gave stands."""
    box = found().box_px
    track, result, asked = looked(Track(None, 0, 1, MISS), [found()])
    assert (track, result, asked) == (Track(box, 1, 1, MISS), MISS, TILES[:1])
    track, result, asked = looked(track, [found()])
    assert (track, result, asked) == (Track(box, 2, 1, MISS), MISS, [closer(box, FRAME_WH, 0)])
    track, result, asked = looked(track, [found()])
    assert (track, result, asked) == (FOLLOWED, found(), [closer(box, FRAME_WH, 1)])


@pytest.mark.parametrize("agreed", [1, 2])
def test_where_a_closer_look_disagrees_the_search_goes_on(agreed):
    track, result, _ = looked(Track(found().box_px, agreed, 21, MISS), [MISS])
    assert (track.agreed, track.searched, result) == (0, 22, MISS)


def test_between_looks_at_the_whole_frame_its_last_result_stands():
    first = found((5.0, 5.0, 20.0, 20.0), 0.7)
    track, _, _ = looked(Track(), [first])
    _, result, _ = looked(track, [MISS])
    assert result == first


def test_a_followed_object_is_left_for_a_nearer_one_elsewhere_but_not_for_its_own_coarser_box():
    followed = Track(found().box_px, CHECK)
    elsewhere, same = found((10.0, 10.0, 50.0, 50.0), 0.01), found((100.0, 90.0, 150.0, 150.0), 0.01)
    farther = found((10.0, 10.0, 50.0, 50.0), 0.06)
    assert looked(followed, [found(), elsewhere])[1] == elsewhere
    assert looked(followed, [found(), same])[1] == found()
    assert looked(followed, [found(), farther])[1] == found()


@pytest.mark.parametrize("distances, worst", [((0.02, 0.04, 0.03), 0.04), ((0.02, 0.04, 0.7), 0.7)])
def test_a_picture_is_searched_everywhere_and_the_best_place_twice_more_and_the_worst_of_these_counts(
    distances, worst
):
    """The best look is the fourth tile's; the box is the closest look's."""
    best, *again = (found((90.0 + n, 90.0, 130.0, 130.0), distance) for n, distance in enumerate(distances))
    asked = []

    def look_at(region):
        asked.append(region)
        if len(asked) > 1 + len(TILES):
            return again[len(asked) - len(TILES) - 2]
        return best if region == TILES[4] else MISS

    assert thorough(FRAME_WH, look_at) == found(again[0].box_px, worst)
    assert asked == [WHOLE, *TILES, *(closer(best.box_px, FRAME_WH, number) for number in (0, 1))]


def test_a_small_object_is_found_by_a_tile_and_followed_at_one_look_a_frame():
    """A square of 16 px is less than an eighth of 240, but not of a tile of 120. It is whole in the tile at (80, 60), the
    fifth: frame 0 is for the whole, so the fifth tile's is frame 9, and two closer looks come after. Then it moves."""
    matcher, cup = Squares(0.01), known(side=16)
    scan = Scan(matcher)
    seen = [scan.match(frame_with((200, 16, 150, 110)), [cup]).objects[0] for _ in range(12)]
    assert [item.match for item in seen] == [False] * 11 + [True]
    assert seen[-1].box_px == (150.0, 110.0, 166.0, 126.0)
    for x in (155, 160, 165):
        item = scan.match(frame_with((200, 16, x, 110)), [cup]).objects[0]
        assert (item.match, item.box_px[0]) == (True, x)
    assert matcher.sizes[-1] == (64, 48)  # a fifth of the sides, for 16 px times 2.4 is less
    assert scan.looks_per_frame == 1


def test_looks_are_counted():
    """A cup that is found and then gone, a pen that never comes: one look in the first frame, two in the second."""
    scan = Scan(Squares())
    cup, pen = known(), known("pen", 100, 40)
    both = [scan.match(frame, [cup, pen]) for frame in (frame_with((200, 40, 9, 9)), frame_with())]
    assert [[item.match for item in result.objects] for result in both] == [[True, False], [False, False]]
    assert scan.looks_per_frame == (2 + 3) / 4


def test_every_object_has_a_track_and_a_deleted_one_none():
    """A followed square of 40 px is looked for in 2.4 and 3.5 times its side, in turns."""
    matcher = Squares()
    scan, cup, pen = Scan(matcher), known(), known("pen", 100, 40)
    frame = frame_with((200, 40, 20, 20), (100, 40, 200, 150))
    for _ in range(2):
        result = scan.match(frame, [cup, pen])
    assert [item.box_px[:2] for item in result.objects] == [(20.0, 20.0), (200.0, 150.0)]
    assert matcher.sizes == [FRAME_WH, FRAME_WH, (96, 96), (96, 96)]
    scan.match(frame, [pen])
    scan.match(frame, [cup, pen])
    assert matcher.sizes[-3:] == [(140, 140), FRAME_WH, (96, 96)]


def test_views_of_an_object_are_looked_for_together():
    """Two views, one of them in the frame: half way from the nearest, 0.05, to the mean, 0.475, is 0.2625."""
    views = (*known().views, *known("side", 100, 40).views)
    scan = Scan(Squares())
    for _ in range(2):
        (item,) = scan.match(frame_with((200, 40, 20, 20)), [KnownObject("cup", (0, 0, 0), views)]).objects
        assert item.match
        assert item.distance == pytest.approx(0.2625)
        assert item.box_px == (20.0, 20.0, 60.0, 60.0)


def test_frames_of_another_size_begin_anew():
    matcher = Squares()
    scan = Scan(matcher)
    for wh in (FRAME_WH, (160, 120)):
        result = scan.match(frame_with((200, 40, 20, 20), wh=wh), [known()])
        assert result.objects[0].match
    assert matcher.sizes == [FRAME_WH, (160, 120)]


def test_pictures_that_are_no_film_have_no_tracks():
    """The whole, 34 tiles and two closer looks, every time."""
    scan = Scan(Squares(0.01), film=False)
    for x in (20, 200):
        (item,) = scan.match(frame_with((200, 16, x, 100)), [known(side=16)]).objects
        assert (item.match, item.box_px[0]) == (True, x)
    assert scan.looks_per_frame == 37


def test_before_the_first_frame_there_are_no_looks_and_without_objects_no_results():
    scan = Scan(Squares())
    assert scan.looks_per_frame == 0.0
    assert scan.match(frame_with(), []).objects == []
