"""Where regions lie, what their codes are, and how they join the code of the whole."""

import types

import numpy as np
import pytest

from edge_demo.errors import EdgeError
from edge_demo.model.alignment.placement import Placement
from getnet_tf.retrieval.regions.areas import Areas, apart
from getnet_tf.retrieval.regions.grid import along, grid
from getnet_tf.retrieval.regions.landmarks import carried, landmark_code
from getnet_tf.retrieval.regions.roi import cells_under
from getnet_tf.retrieval.regions.significant import fused, significant
from getnet_tf.retrieval.regions.squares import Squares


def test_a_square_map_has_one_four_and_nine_squares():
    """Of 12 cells: sides 12, 8 and 6; two of 8 begin at 0 and 4, three of 6 at 0, 3 and 6."""
    boxes = grid((12, 12))
    assert boxes[0] == (0, 0, 12, 12)
    assert boxes[1:5] == [(0, 0, 8, 8), (4, 0, 12, 8), (0, 4, 8, 12), (4, 4, 12, 12)]
    assert boxes[5:8] == [(0, 0, 6, 6), (3, 0, 9, 6), (6, 0, 12, 6)]
    assert len(boxes) == 14


def test_along_the_longer_side_there_are_as_many_as_overlap_by_two_fifths():
    """6 x 12: two squares of 6 overlap by nothing, three, 3 apart, by a half, four, 2 apart, by two thirds: a half is the nearest
    to 40 %. 10 x 16: two, 6 apart, overlap by 40 % exactly."""
    assert along((6, 12)) == 3
    assert along((16, 10)) == 2
    assert grid((10, 16), 1) == [(0, 0, 10, 10), (6, 0, 16, 10)]
    assert grid((16, 10), 1) == [(0, 0, 10, 10), (0, 6, 10, 16)]


@pytest.mark.parametrize("hw", [(1, 1), (2, 3), (7, 7), (10, 15)])
def test_all_squares_lie_on_the_map(hw):
    for xmin, ymin, xmax, ymax in grid(hw, 5):
        assert 0 <= xmin < xmax <= hw[1] and 0 <= ymin < ymax <= hw[0]
        assert xmax - xmin == ymax - ymin


def test_a_box_has_the_cells_that_it_touches():
    """A picture of 100 x 200 (H, W) with a map of 2 x 4: cells of 50 px. A box from 40 to 60 touches two cells, one from 50 to 100
    the second alone; one beyond the picture's right edge has the last."""
    boxes = [[40, 0, 60, 50], [50, 50, 100, 100], [190, 20, 260, 40]]
    assert cells_under(boxes, (100, 200), (2, 4)).tolist() == [[0, 0, 2, 1], [1, 1, 2, 2], [3, 0, 4, 1]]
    assert cells_under(np.zeros((0, 4)), (10, 10), (2, 2)).shape == (0, 4)


def test_squares_of_a_wide_picture_are_wide():
    """A 4 x 4 map, two sizes: sides of 4 and 2 cells. The whole is left out; a cell is 20 px wide and 10 px high."""
    boxes = Squares((4, 4), 2)(np.zeros((40, 80, 3), np.uint8))
    assert boxes.tolist() == [[0, 0, 40, 20], [40, 0, 80, 20], [0, 20, 40, 40], [40, 20, 80, 40]]


def test_one_of_two_areas_that_are_one_is_kept():
    """The second covers 9 / 10 of the first, the third a third."""
    boxes = np.array([[0, 0, 10, 10], [0, 0, 9, 10], [5, 0, 15, 10]], np.float32)
    assert apart(boxes).tolist() == [boxes[0].tolist(), boxes[2].tolist()]


class Finder:
    """In the place of a model: whatever is shown to it lies where it was told; the top left quarter is blank to it."""

    def describe(self, picture_bgr_u8, name):
        if not picture_bgr_u8.any():
            raise EdgeError("blank")
        return picture_bgr_u8.shape

    def search(self, frame_bgr_u8, objects, early_no):
        assert not early_no
        self.asked = len(objects)
        return [[types.SimpleNamespace(box_px=(-5, 2, 8, 10))] for _ in objects]


def test_target_areas_are_asked_for_every_square_that_shows_something():
    """The corner of 9 x 9 px is black. Of 4 + 9 squares of 12 x 12 px one of 8 px lies in it, and four of 6, at 0 and 3 either way."""
    picture = np.full((12, 12, 3), 255, np.uint8)
    picture[:9, :9] = 0
    finder = Finder()
    assert Areas(finder, "finder")(picture).tolist() == [[0, 2, 8, 10]]
    assert finder.asked == 13 - 5


def test_a_blank_picture_has_no_areas():
    assert Areas(Finder(), "finder")(np.zeros((12, 12, 3), np.uint8)).shape == (0, 4)


def test_the_significant_code_sums_the_best_regions():
    """Of the scores 1, 3, 2 the best two are the second and third: (0, 4) + (1, 3) = (1, 7), over 8."""
    found = significant([[9, 9], [0, 4], [1, 3]], [1, 3, 2], 2)
    assert np.allclose(found, [1 / 8, 7 / 8])
    assert significant(np.zeros((0, 2)), []).tolist() == [0, 0]


def test_fused_are_whole_and_regions_alike():
    """(3, 4) and (0, 1/2) at length 1 are (0.6, 0.8) and (0, 1); joined, over the root of 2."""
    found = fused(np.array([[3.0, 4]]), np.array([[0, 0.5]]))
    assert np.allclose(found, np.array([[0.6, 0.8, 0, 1]]) / 2**0.5)


def test_landmarks_are_pooled_round_their_points_and_hidden_ones_are_zero():
    """A picture of 100 px with 10 x 10 cells; surroundings of 20 px. Round (24.5, 34.5), whose edge place is (25, 35), lie the cells of
    x 15..35 and y 25..45: columns 1 to 3, rows 2 to 4. Their largest is 3 at (3, 4); the 9 beside them does not count. Two visible of
    three: each has 1 at length 1, over the root of 2."""
    maps = np.zeros((1, 10, 10, 2), np.float32)
    maps[0, 4, 3, 0], maps[0, 5, 3, 0] = 3, 9
    maps[0, 9, 9, 1] = 1
    code = landmark_code(maps, [[24.5, 34.5], [99, 99], [24.5, 34.5]], [True, True, False], (100, 100))
    assert np.allclose(code, np.array([1, 0, 0, 1, 0, 0]) / 2**0.5)


def test_a_point_that_the_alignment_carries_off_the_picture_is_hidden():
    """Moved by half of the picture, 20 px of 40, to the right."""
    shift = {"affine": np.array([1, 0, -40 / 39, 0, 1, 0])}
    placement = Placement(shift, "affine", (40, 40), (40, 40), (40, 40))
    points, visible = carried(placement, np.array([[5.0, 7.0], [30.0, 7.0]]))
    assert np.allclose(points, [[25, 7], [50, 7]])
    assert visible.tolist() == [True, False]
