"""Looks at regions are made up here, so that what comes of them can be said beforehand."""

import pytest

from edge_demo.model.regions import around
from edge_demo.model.scan import LEAST, WIDEN
from getnet_tf.autolabel.search import ONE_LOOK, Effort, Place, apart, mirrored_back, search, strips_off

FRAME_WH = (1000, 500)
WHOLE = (0, 0, *FRAME_WH)
TRUE = (400.0, 200.0, 500.0, 260.0)


class Looks:
    """Answers by a function of the region, and remembers what was asked."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def __call__(self, region, mirrored):
        self.asked.append((region, mirrored))
        return self.answer(region, mirrored)


def test_one_look_is_one_look_at_the_whole():
    looks = Looks(lambda region, mirrored: (TRUE, 0.4))
    assert search(looks, FRAME_WH, ONE_LOOK, 0.5) == [Place(TRUE, 0.4)]
    assert looks.asked == [(WHOLE, False)]


def test_the_nearest_stays_though_it_is_beyond_the_limit():
    assert search(Looks(lambda *_: (TRUE, 0.9)), FRAME_WH, ONE_LOOK, 0.5) == [Place(TRUE, 0.9)]


def test_refined_the_closest_look_has_the_box_and_the_worst_the_distance():
    first, second, third = TRUE, (405.0, 205.0, 495.0, 255.0), (390.0, 190.0, 510.0, 270.0)
    answers = iter([(first, 0.3), (second, 0.2), (third, 0.45)])
    looks = Looks(lambda *_: next(answers))
    assert search(looks, FRAME_WH, Effort(refine=True), 0.5) == [Place(second, 0.45)]
    assert [region for region, _ in looks.asked] == [
        WHOLE,
        *(around(first, widen, LEAST, FRAME_WH) for widen in WIDEN),
    ]


def test_agreeing_looks_give_their_median_and_how_far_they_are_apart():
    """Five looks at the same box, one at a box twice as wide, IoU 1/2: spread (1 - 1/2) / 6."""
    wide = (400.0, 200.0, 600.0, 260.0)
    looks = Looks(lambda region, mirrored: (wide, 0.8) if mirrored else (TRUE, 0.4))
    (place,) = search(looks, FRAME_WH, Effort(agree=True), 0.5)
    assert place.box_px == TRUE and place.distance == 0.4
    assert place.spread == pytest.approx(1 / 12)
    assert len(looks.asked) == 6 and looks.asked[0] == (WHOLE, False)
    assert looks.asked[-1] == (WHOLE, True)


def test_tiles_find_what_the_whole_does_not_show_and_each_thing_once():
    """Two things of 40 px, which only regions below 600 px show, wholly inside."""
    things = [(100.0, 100.0, 140.0, 140.0), (800.0, 300.0, 840.0, 340.0)]

    def answer(region, _):
        for thing in things:
            inside = region[0] <= thing[0] and region[1] <= thing[1]
            inside = inside and thing[2] <= region[2] and thing[3] <= region[3]
            if inside and region[2] - region[0] < 600:
                return thing, 0.3
        return (float(region[0]), float(region[1]), float(region[0] + 9), float(region[1] + 9)), 1.2

    assert search(Looks(answer), FRAME_WH, ONE_LOOK, 0.5) == [Place((0.0, 0.0, 9.0, 9.0), 1.2)]
    found = search(Looks(answer), FRAME_WH, Effort(tiles=True), 0.5)
    assert [place.box_px for place in found] == things
    assert all(place.distance == 0.3 for place in found)


def test_what_closer_looks_do_not_confirm_is_dropped_but_for_the_nearest():
    def answer(region, _):
        if region == WHOLE or region[2] - region[0] == 500:  # a tile of half the frame
            return (region[0] + 10.0, region[1] + 10.0, region[0] + 60.0, region[1] + 60.0), 0.4
        return (float(region[0]), float(region[1]), float(region[2]), float(region[3])), 0.9

    (place,) = search(Looks(answer), FRAME_WH, Effort(tiles=True), 0.5)
    assert place.distance == 0.9


def test_one_thing_seen_twice_is_the_nearer_look():
    """IoU 80 / 120 of the second; the third is a part of the first, the fourth elsewhere."""
    first, second = Place((0, 0, 100, 100), 0.2), Place((0, 0, 100, 80), 0.3)
    part, elsewhere = Place((10, 10, 40, 40), 0.25), Place((90, 90, 190, 190), 0.4)
    assert apart([elsewhere, second, part, first]) == [first, elsewhere]


def test_strips_of_eight_percent_come_off_each_side():
    assert strips_off((0, 0, 100, 50)) == [(8, 0, 100, 50), (0, 4, 100, 50), (0, 0, 92, 50), (0, 0, 100, 46)]
    assert strips_off((0, 0, 1, 2)) == [(0, 1, 1, 2), (0, 0, 1, 1)]  # nothing is left of the others


def test_mirroring_back_is_its_own_inverse():
    assert mirrored_back((10, 5, 30, 25), 100) == (70, 5, 90, 25)
    assert mirrored_back((70, 5, 90, 25), 100) == (10, 5, 30, 25)
