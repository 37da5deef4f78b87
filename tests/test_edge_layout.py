"""A search that keeps the layout: things planted where a person can say what must be found."""

import numpy as np
import pytest
from edge_layout import DECISION, colours, frame, see, thing, write_colours
from edge_model import write_palette

from edge_demo.errors import EdgeError
from edge_demo.model.geometry import iou
from edge_demo.model.layout.cells import Field, field_of
from edge_demo.model.layout.correlation import correlated
from edge_demo.model.layout.laying import extent, laid, round_extent
from edge_demo.model.layout.layout import Found, Layout, merged, open_layout
from edge_demo.model.layout.likeness import Upright, compared_cells, likeness, upright
from edge_demo.model.layout.places import apart, between, box_of, places_in
from edge_demo.model.layout.sheets import sheets_of
from edge_demo.model.layout.templates import SIZES_PX, Template, templates_of, turned

A, B, C, D = np.eye(4, dtype=np.float32)


def template(cells, weights):
    weights = np.array(weights, np.float32)
    return Template(np.array(cells) * weights[..., None], int((weights > 0).sum()), 0, 0)


# Cells


def test_a_wide_frame_keeps_its_aspect():
    """640 x 320 becomes 320 x 160: 20 x 10 cells of 32 pixels; its right half is red."""
    bgr_u8 = frame(hw=(320, 640))
    bgr_u8[:, 320:] = (127, 127, 255)
    field = field_of(bgr_u8, 1, see)
    assert field.cells.shape == (10, 20, 3) and field.cell_px == 32
    assert np.allclose(field.cells[:, 10:], (1, 0, 0), atol=0.01)
    assert np.allclose(field.cells[:, :10], 0)


def test_twice_the_size_is_seen_canvas_by_canvas():
    """640 x 640 takes four canvases, whose cells join: a thing that lies on all of them is where it was, 19 cells from the corner."""
    seen = []
    square = frame((thing(80), (304, 304)), hw=(640, 640))
    field = field_of(square, 2, lambda canvas: seen.append(canvas) or see(canvas))
    assert len(seen) == 4 and field.cells.shape == (40, 40, 3) and field.cell_px == 16
    there = np.argwhere(np.linalg.norm(field.cells, axis=-1) > 0.5)
    assert there.min(axis=0).tolist() == [19, 19] and there.max(axis=0).tolist() == [23, 23]


# Sheets


def test_every_picture_lies_on_a_sheet_and_none_on_another():
    shapes = [(h, w) for h in (2, 5, 9) for w in (2, 6, 9, 10)]
    sheets, used = sheets_of(shapes, side=10, gap=1), []
    for sheet in sheets:
        covered = np.zeros((10, 10), int)
        for number, (row, column) in sheet.items():
            h, w = shapes[number]
            assert row + h <= 10 and column + w <= 10
            covered[row : row + h, column : column + w] += 1
        assert covered.max() == 1
        used += sheet
    assert sorted(used) == list(range(12))


def test_small_pictures_share_a_sheet():
    """Three of 3 x 3 a row with a cell between them take 11; three rows of them, too."""
    assert len(sheets_of([(3, 3)] * 9, side=11, gap=1)) == 1
    assert len(sheets_of([(3, 3)] * 10, side=11, gap=1)) == 2


# Laying


def test_a_quarter_clockwise_brings_the_upper_left_to_the_upper_right():
    turned_by_90 = laid(thing(40), 1.0, 90, (20, 20), (20, 20), (40, 40))
    assert np.array_equal(turned_by_90, thing(40, quarters=1))


def test_a_picture_is_laid_smaller_with_its_middle_at_a_place():
    """A quarter of 80 is 20, round (30, 25): from 20 to 40, and 15 to 35; what lies there is read by area."""
    small = laid(thing(80), 0.25, 0, (40, 40), (30, 25), (60, 50))
    assert np.array_equal(small[15:35, 20:40], thing(20))


def test_a_small_part_of_a_large_picture_is_the_same_as_from_all_of_it():
    """Only what lies within reach is resized; compared are the middles of the patches."""
    large = frame((thing(80), (1500, 900)), hw=(2000, 3000))
    part = laid(large, 0.5, 0, (1540, 940), (20, 20), (40, 40))
    assert np.allclose(part[3::8, 3::8], thing(40)[3::8, 3::8], atol=1)


def test_extents_of_what_is_turned():
    assert extent((4, 2), 90).tolist() == [2, 4]
    assert np.allclose(extent((4, 2), 45), 6 / np.sqrt(2))
    assert np.allclose(round_extent((4, 2), 45), np.sqrt(10))
    assert np.allclose(round_extent((5, 5), 45), 5)


# Templates


def test_corners_that_turning_leaves_empty_do_not_count():
    """160 pixels on a corner reach 226, 14 cells; the square covers the middle of every edge, and no corner."""
    image, weights = turned(np.ones((160, 160, 3), np.float32), 160, 45)
    assert image.shape == (224, 224, 3) and weights.shape == (14, 14)
    corners = weights[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert not corners.any() and (weights[6:8] > 0).all() and (weights[:, 6:8] > 0).all()
    _, upright_weights = turned(np.ones((160, 160, 3), np.float32), 160, 0)
    assert upright_weights.shape == (10, 10) and (upright_weights > 0).all()


def test_a_reference_has_a_template_of_every_size_and_turn_with_enough_cells():
    """40 pixels are 3 x 3 cells; a strip of 226 x 23 has 15 cells, one of 40 x 4 has 3."""
    templates = templates_of(thing(80), see)
    assert {(one.size, one.turn) for one in templates} == {(s, t) for s in range(6) for t in range(8)}
    assert all(np.isclose(np.linalg.norm(one.cells, axis=-1).sum(), 1, atol=0.15) for one in templates)
    strip = templates_of(np.full((20, 200, 3), 255, np.uint8), see)
    assert 0 not in {one.size for one in strip} and len(SIZES_PX) - 1 in {one.size for one in strip}


# Correlation


def test_a_template_answers_where_its_cells_lie_in_their_order():
    """B C in A B C: the first cell may lie before, on A, on B, or on C; only on B both fit. C B fits half on A, as B is there."""
    field = np.array([[A, B, C]])
    first, second = correlated(field, [template([[B, C]], [[0.5, 0.5]]), template([[C, B]], [[0.5, 0.5]])])
    assert np.allclose(first, [[0, 0, 1, 0]])
    assert np.allclose(second, [[0, 0.5, 0, 0.5]])


def test_two_rows_are_summed_along_both_axes():
    """A over B in a column A, B, D: with the first cell one above, on A, B, D."""
    (answer,) = correlated(np.array([[A], [B], [D]]), [template([[A], [B]], [[0.25], [0.75]])])
    assert np.allclose(answer, [[0], [1], [0], [0]])


def test_a_masked_cell_may_lie_on_anything():
    field = np.array([[A, B], [C, D]])
    for corner in (A, B, C, D):
        (answer,) = correlated(field, [template([[A, B], [C, corner]], [[0.5, 0.25], [0.25, 0]])])
        assert answer.shape == (3, 3) and answer[1, 1] == 1


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


def test_the_best_of_overlapping_boxes_stays():
    boxes = [(0, 0, 10, 10), (1, 0, 11, 10), (20, 0, 30, 10), (50, 0, 60, 10)]
    assert apart(boxes, [1, 3, 2, 0], 9, 0.5) == [1, 2, 3]
    assert apart(boxes, [1, 3, 2, 0], 2, 0.5) == [1, 2]
    assert apart([], [], 9, 0.5) == []


@pytest.mark.parametrize("side, quarters", [(80, 0), (80, 1), (160, 3), (115, 2)])
def test_a_planted_thing_is_found_at_its_place_in_its_size_and_turn(side, quarters):
    field = field_of(frame((thing(side, quarters), (112, 64))), 1, see)
    (place,) = places_in([field], templates_of(thing(80), see), (80, 80), 1)
    assert place.turn == 2 * quarters
    assert iou(place.box_px, (112, 64, 112 + side, 64 + side)) > 0.85


def test_a_thing_that_stands_on_its_corner_is_found_so():
    """What `laid` repeats beyond its edges is left out: a square of 115 on its corner is what is at most 81.3 away, both ways summed."""
    lying = laid(thing(115), 1.0, 45, (57.5, 57.5), (160, 160), (320, 320))
    seen = frame()
    y, x = np.mgrid[:320, :320] + 0.5 - 160
    on = np.abs(x) + np.abs(y) < 115 / np.sqrt(2)
    seen[on] = lying[on]
    (place,) = places_in([field_of(seen, 1, see)], templates_of(thing(80), see), (80, 80), 1)
    assert place.turn == 1 and np.allclose(place.middle, 160, atol=8)


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


def on_canvas(cell, lab=(50, 0, 0)):
    return Upright(np.tile(cell, (20, 20, 1)), np.tile(np.float32(lab), (20, 20, 1)))


def test_compared_are_the_cells_in_the_ellipse():
    """A square reference is 16 x 16 cells: a circle of radius 8; one of half the height, 8 high."""
    square = compared_cells((100, 100))
    assert square[10, 2] and square[10, 17] and not square[10, 1] and not square[2, 2]
    assert abs(square.sum() - np.pi * 64) < 8
    assert np.flatnonzero(compared_cells((100, 50)).any(axis=1)).tolist() == list(range(6, 14))


def test_what_is_equal_is_as_like_as_can_be():
    same = likeness(on_canvas(A), on_canvas(A), compared_cells((9, 9)))
    assert same == {"cells": 1, "colour": 0, "lightness": 0}


def test_another_colour_and_light_are_told_apart():
    """(3, 4) apart in a* and b* is 5, 9 in lightness: -log 6 and -log 10."""
    other = likeness(on_canvas(A), on_canvas(B, (59, 3, 4)), compared_cells((9, 9)))
    assert other == pytest.approx({"cells": 0, "colour": -np.log(6), "lightness": -np.log(10)})


def test_a_hidden_third_does_not_count_and_two_cells_off_are_near():
    compared = compared_cells((9, 9))
    hidden = on_canvas(A)
    hidden.cells[:7] = B
    assert likeness(on_canvas(A), hidden, compared)["cells"] == 1
    striped = on_canvas(A)
    striped.cells[:, ::5] = B
    moved = Upright(np.roll(striped.cells, 2, axis=1), striped.lab)
    assert likeness(striped, moved, compared)["cells"] == 1


def test_a_reference_stands_in_the_middle():
    """Red on the left and green on the right meet at cell 10; its edges go on."""
    bgr_u8 = np.full((64, 64, 3), (127, 127, 255), np.uint8)
    bgr_u8[:, 32:] = (127, 255, 127)
    shown = upright(bgr_u8, see)
    assert np.allclose(shown.cells[:, :9], (1, 0, 0), atol=0.01)
    assert np.allclose(shown.cells[:, 11:], (0, 1, 0), atol=0.01)


# The search


def test_the_thing_is_found_and_the_logit_says_so():
    """A cosine of 1 and no difference in colour are 20 - 10, less where it is not found to the pixel; gray is below -10."""
    layout = Layout(see, DECISION)
    found = layout.find(frame((thing(160, 1), (96, 64))), layout.describe(thing(80)))
    assert iou(found[0].box_px, (96, 64, 256, 224)) > 0.85 and found[0].angle_deg == 90
    assert 0 < found[0].logit <= 10
    assert [one.logit for one in found] == sorted((one.logit for one in found), reverse=True)
    assert layout.find(frame(), layout.describe(thing(80)))[0].logit < -10


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
    layout = Layout(see, DECISION, looks=1)
    found = layout.find(frame(*((thing(80), box[:2]) for box in boxes)), layout.describe(thing(80)))
    assert len(found) == 1 and max(iou(found[0].box_px, box) for box in boxes) > 0.8


def test_all_of_them_are_found():
    boxes = [(32, 48, 112, 128), (192, 160, 272, 240)]
    layout = Layout(see, DECISION)
    found = layout.find(frame(*((thing(80), box[:2]) for box in boxes)), layout.describe(thing(80)))
    assert all(max(iou(one.box_px, box) for one in found[:2]) > 0.8 for box in boxes)


def test_the_same_form_in_the_opposite_colours_is_not_it():
    layout = Layout(see, DECISION)
    shown = layout.describe(thing(80))
    right, other = (
        layout.find(frame((picture, (96, 64))), shown)[0].logit for picture in (thing(160), 255 - thing(160))
    )
    assert right > 0 > other


def test_a_decision_by_other_names_is_refused():
    with pytest.raises(ValueError, match="Expected cells, colour, lightness, bias"):
        Layout(see, {"cells": 1.0})


# The file


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("layout")


def test_a_file_finds_as_its_cells_do(folder):
    layout = open_layout(write_colours(folder / "colours.tflite"))
    seen = frame((thing(160, 1), (96, 64)))
    by_hand = Layout(see, DECISION)
    expected = by_hand.find(seen, by_hand.describe(thing(80)))[0]
    found = layout.find(seen, layout.describe(thing(80)))[0]
    assert found.box_px == pytest.approx(expected.box_px, abs=0.1)
    assert found.logit == pytest.approx(expected.logit, abs=0.01)


def test_a_file_without_cells_is_one_line(folder):
    with pytest.raises(EdgeError, match="expected a model that tells cells: expected a signature `cells`"):
        open_layout(write_palette(folder / "palette.tflite"))


def test_a_file_that_does_not_say_how_to_decide_is_one_line(folder):
    with pytest.raises(EdgeError, match=r"expected metadata\.json to say `layout`, found none"):
        open_layout(write_colours(folder / "undecided.tflite", decision=None))


def test_the_colours_of_a_canvas_are_those_of_its_cells():
    """What the fake is: 16 x 16 pixels of one colour, less the gray."""
    assert np.allclose(colours(np.full((16, 16, 3), 1.0)), 1 - 127 / 255)
