"""A search that keeps the layout: things planted where a person can say what must be found."""

import numpy as np
import pytest
from edge_layout import DECISION, TWINS_DECISION, embed, frame, reddish, see, thing, twin, write_twins

from edge_demo.model.geometry import iou
from edge_demo.model.layout.cells import Field, field_of
from edge_demo.model.layout.laying import laid
from edge_demo.model.layout.layout import Found, Layout, merged
from edge_demo.model.layout.likeness import Upright, compared_cells, likeness, upright
from edge_demo.model.layout.places import between, box_of, places_in
from edge_demo.model.layout.templates import templates_of
from edge_demo.model.matcher import Matcher

A, B = np.eye(2, dtype=np.float32)


# Places


def test_the_top_of_a_parabola_lies_between_its_cells():
    """1 - (x - 1.25)^2 at 0, 1, 2; a slope has no top, and no array's end."""
    assert between(np.array([-0.5625, 0.9375, 0.4375]), 1) == 0.25
    assert between(np.array([0.0, 1.0, 2.0]), 1) == 0
    assert between(np.array([2.0, 1.0]), 0) == 0


def test_a_box_is_between_those_of_the_rectangle_and_of_the_ellipse():
    """Upright both are the same; a square on its corner reaches 14.14, a circle 10."""
    assert box_of((50, 40), np.array([20, 10]), 0) == (40, 35, 60, 45)
    half = (10 * np.sqrt(2) + 10) / 4
    assert np.allclose(box_of((0, 0), np.array([10, 10]), 45), (-half, -half, half, half))


@pytest.mark.parametrize("side, quarters", [(80, 0), (80, 1), (160, 3), (115, 2)])
def test_a_planted_thing_is_found_at_its_place_in_its_size_and_turn(side, quarters):
    field = field_of(frame((thing(side, quarters), (112, 64))), 1, see)
    (place,) = places_in([field], templates_of(thing(80), see), (80, 80), 1)
    assert place.angle_deg == 90 * quarters
    assert iou(place.box_px, (112, 64, 112 + side, 64 + side)) > 0.85


def test_a_thing_that_stands_on_its_corner_is_found_so():
    """What `laid` repeats beyond its edges is left out: a square of 115 on its corner is what is at most 81.3 away, both ways summed."""
    lying = laid(thing(115), 1.0, 45, (57.5, 57.5), (160, 160), (320, 320))
    seen = frame()
    y, x = np.mgrid[:320, :320] + 0.5 - 160
    on = np.abs(x) + np.abs(y) < 115 / np.sqrt(2)
    seen[on] = lying[on]
    (place,) = places_in([field_of(seen, 1, see)], templates_of(thing(80), see), (80, 80), 1)
    assert place.angle_deg == 45 and np.allclose(place.middle, 160, atol=8)


def test_two_equal_things_are_two_places():
    boxes = [(32, 48, 112, 128), (192, 160, 272, 240)]
    field = field_of(frame(*((thing(80), box[:2]) for box in boxes)), 1, see)
    places = places_in([field], templates_of(thing(80), see), (80, 80), 2)
    assert all(max(iou(place.box_px, box) for place in places) > 0.85 for box in boxes)


def test_places_are_pixels_of_the_frame():
    """A field whose cells are 32 pixels large."""
    small = field_of(frame((thing(80), (112, 64))), 1, see)
    (place,) = places_in([Field(small.cells, 32)], templates_of(thing(80), see), (80, 80), 1)
    assert iou(place.box_px, (224, 128, 384, 288)) > 0.85


# Likeness


def on_canvas(cell, ab=(0, 0), embedding=(0, 0)):
    return Upright(np.tile(cell, (20, 20, 1)), np.tile(np.float32(ab), (20, 20, 1)), np.float32(embedding))


def test_compared_are_the_cells_in_the_ellipse():
    """A square reference is 16 x 16 cells: a circle of radius 8; one of half the height, 8 high."""
    square = compared_cells((100, 100))
    assert square[10, 2] and square[10, 17] and not square[10, 1] and not square[2, 2]
    assert abs(square.sum() - np.pi * 64) < 8
    assert np.flatnonzero(compared_cells((100, 50)).any(axis=1)).tolist() == list(range(6, 14))


def test_of_a_thin_reference_something_is_compared():
    """A fortieth of 16 cells is 0.2 to each side, where no cell has its middle. At 0.75, (0.5 / 0.75)^2 + (x / 8)^2 is 1 at x = 5.96:
    six cells to each side, in two rows."""
    assert compared_cells((400, 10)).sum() == 2 * 12
    assert compared_cells((10, 400)).sum() == 2 * 12


def test_what_is_equal_is_as_like_as_can_be():
    same = likeness(on_canvas(A), on_canvas(A), compared_cells((9, 9)))
    assert same == pytest.approx({"cells": 1, "colour": 0, "kind": 0}, abs=1e-6)


def test_another_colour_and_kind_are_told_apart():
    """What shares no colour has log(0.02 / 1.02); embeddings (4, 3) apart are 5."""
    other = likeness(on_canvas(A), on_canvas(B, (100, 0), (4, 3)), compared_cells((9, 9)))
    assert other == pytest.approx({"cells": 0, "colour": np.log(0.02 / 1.02), "kind": -5})


def test_a_colour_that_other_light_moved_is_nearly_the_same():
    """12 in a* are two bins: Gaussians of 1.5 bins have exp(-2 ** 2 / (8 * 1.5 ** 2)) = 0.801 in common."""
    moved = likeness(on_canvas(A), on_canvas(A, (12, 0)), compared_cells((9, 9)))
    assert moved["colour"] == pytest.approx(np.log((0.801 + 0.02) / 1.02), abs=0.02)


def test_colours_count_wherever_they_are_and_only_where_cells_are_compared():
    half, compared = on_canvas(A), compared_cells((9, 9))
    half.ab[:, :10] = (60, 0)
    turned = Upright(half.cells, half.ab[:, ::-1].copy(), half.embedding)
    assert likeness(half, turned, compared)["colour"] == pytest.approx(0, abs=1e-6)
    beside = on_canvas(A)
    beside.ab[~compared] = (60, 0)
    assert likeness(on_canvas(A), beside, compared)["colour"] == pytest.approx(0, abs=1e-6)


def test_a_hidden_third_does_not_count_and_two_cells_off_are_near():
    compared = compared_cells((9, 9))
    hidden = on_canvas(A)
    hidden.cells[:7] = B
    assert likeness(on_canvas(A), hidden, compared)["cells"] == 1
    striped = on_canvas(A)
    striped.cells[:, ::5] = B
    moved = Upright(np.roll(striped.cells, 2, axis=1), striped.ab, striped.embedding)
    assert likeness(striped, moved, compared)["cells"] == 1


def test_a_reference_stands_in_the_middle():
    """Red on the left and green on the right meet at cell 10; its edges go on."""
    bgr_u8 = np.full((64, 64, 3), (127, 127, 255), np.uint8)
    bgr_u8[:, 32:] = (127, 255, 127)
    shown = upright(bgr_u8, see, embed)
    assert np.allclose(shown.cells[:, :9], (1, 0, 0), atol=0.01)
    assert np.allclose(shown.cells[:, 11:], (0, 1, 0), atol=0.01)


# The search


def test_the_thing_is_found_and_the_logit_says_so():
    """A cosine of 1 and no difference in colour are 3000 - 2996, less where it is not found to the pixel; gray is below -10."""
    layout = Layout(see, see, embed, DECISION)
    found = layout.find(layout.see(frame((thing(160, 1), (96, 64)))), layout.describe(thing(80)))
    assert iou(found[0].box_px, (96, 64, 256, 224)) > 0.85 and abs(found[0].angle_deg - 90) < 2
    assert 0 < found[0].logit <= 4
    assert [one.logit for one in found] == sorted((one.logit for one in found), reverse=True)
    assert layout.find(layout.see(frame()), layout.describe(thing(80)))[0].logit < -10


def test_boxes_of_one_thing_become_one_by_their_odds():
    """Odds of 3 to 1: a quarter of the way from the surer box to the other, whose IoU is 0.6; what lies elsewhere stays as it is."""
    one, other = Found((0, 0, 8, 4), 45.0, np.log(3)), Found((2, 0, 10, 4), 0.0, 0.0)
    elsewhere = Found((20, 20, 30, 30), 90.0, 0.5)
    first, second = merged([other, elsewhere, one])
    assert first.box_px == pytest.approx((0.5, 0, 8.5, 4)) and first.angle_deg == 45
    assert second == elsewhere
    assert merged([]) == []


def test_of_two_equal_things_one_look_finds_one():
    boxes = [(32, 48, 112, 128), (192, 160, 272, 240)]
    layout = Layout(see, see, embed, DECISION, looks=1)
    found = layout.find(
        layout.see(frame(*((thing(80), box[:2]) for box in boxes))), layout.describe(thing(80))
    )
    assert len(found) == 1 and max(iou(found[0].box_px, box) for box in boxes) > 0.8


def test_all_of_them_are_found():
    boxes = [(32, 48, 112, 128), (192, 160, 272, 240)]
    layout = Layout(see, see, embed, DECISION)
    found = layout.find(
        layout.see(frame(*((thing(80), box[:2]) for box in boxes))), layout.describe(thing(80))
    )
    assert all(max(iou(one.box_px, box) for one in found[:2]) > 0.8 for box in boxes)


def test_the_same_form_in_the_opposite_colours_is_not_it():
    layout = Layout(see, see, embed, DECISION)
    shown = layout.describe(thing(80))
    right, other = (
        layout.find(layout.see(frame((picture, (96, 64)))), shown)[0].logit
        for picture in (thing(160), 255 - thing(160))
    )
    assert right > 0 > other


def test_a_decision_by_other_names_is_refused():
    with pytest.raises(ValueError, match="Expected cells, colour, kind, bias"):
        Layout(see, see, embed, {"cells": 1.0})


def test_a_file_finds_as_its_cells_do(tmp_path):
    """The thing is of the colour that it is shown in, so that nothing is added for its kind; its twin has other places."""
    layout = Matcher(write_twins(tmp_path / "twins.tflite")).layout
    by_hand = Layout(see, see, embed, TWINS_DECISION)
    frames = [frame((picture(160), (96, 64))) for picture in (reddish, twin)]
    expected, found = (
        [one.find(one.see(seen), one.describe(reddish()))[0] for seen in frames] for one in (by_hand, layout)
    )
    assert found[0].box_px == pytest.approx(expected[0].box_px, abs=0.1)
    assert found[0].logit == pytest.approx(expected[0].logit, abs=0.01)
    assert found[0].logit > 0 > found[1].logit


def test_one_may_search_and_another_decide():
    """Who decides takes all cells for one: then the twin is as surely it as the thing, in the same place as before."""

    def blind(canvas):
        return np.tile(np.float32((1, 0, 0)), (20, 20, 1))

    frames = [frame((picture(160), (96, 64))) for picture in (reddish, twin)]
    of_both, of_one = (Layout(see, tell, embed, TWINS_DECISION, looks=1) for tell in (blind, see))
    shown, expected = of_both.describe(reddish()), of_one.describe(reddish())
    assert (shown.upright.cells == (1, 0, 0)).all() and np.array_equal(shown.cells, expected.cells)
    box_px = (100, 60, 250, 220)
    told = [of_both.look(seen, shown, box_px) for seen in frames]
    assert told[0].box_px == of_one.look(frames[0], expected, box_px).box_px
    assert min(one.logit for one in told) > 0 > of_one.look(frames[1], expected, box_px).logit
    found = of_both.find(of_both.see(frames[0]), shown)
    assert iou(found[0].box_px, (96, 64, 256, 224)) > 0.85


@pytest.mark.parametrize("side, quarters", [(80, 0), (160, 1)])
def test_a_look_in_a_box_that_is_a_little_off_finds_how_the_thing_lies_there(side, quarters):
    layout = Layout(see, see, embed, DECISION)
    seen = frame((thing(side, quarters), (96, 64)))
    found = layout.look(seen, layout.describe(thing(80)), (90, 50, 90 + 1.2 * side, 50 + 1.2 * side))
    assert iou(found.box_px, (96, 64, 96 + side, 64 + side)) > 0.85
    assert abs(found.angle_deg - 90 * quarters) < 2 and found.score > 0.5


def test_a_box_of_another_search_is_a_further_place():
    """Of one look the layout's own goes to the larger thing; the box tells it where the other is."""
    layout = Layout(see, see, embed, DECISION, looks=1)
    seen, shown = (
        layout.see(frame((thing(160), (10, 10)), (thing(40), (250, 250)))),
        layout.describe(thing(80)),
    )
    assert len(layout.find(seen, shown)) == 1
    boxes = [found.box_px for found in layout.find(seen, shown, [(250, 250, 290, 290)])]
    assert len(boxes) == 2
    assert max(iou(box, (250, 250, 290, 290)) for box in boxes) > 0.7


def test_means_that_overlap_are_one_again():
    """Sides of 10 that begin at 0, 3 and 6: the IoU of neighbours is 7 / 13, of the ends 0.25, so that there are two things at first.

    Odds make 1.4 of the first and its neighbour, 3.4 of the last and its much surer neighbour: means 2 apart are one thing.
    """
    row = [Found((left, 0, left + 10, 10), 0.0, logit) for left, logit in ((0, 3.0), (6, 1.0), (3, 2.9))]
    (found,) = merged(row)
    assert found.logit == 3 and 1.4 < found.box_px[0] < 1.5
