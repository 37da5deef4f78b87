"""Cells of frames and templates, and how they are laid over each other; every outcome is derived by hand."""

import numpy as np
from edge_layout import colours, frame, see, thing

from edge_demo.model.layout.cells import field_of
from edge_demo.model.layout.correlation import correlated
from edge_demo.model.layout.laying import extent, laid, round_extent
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


def test_a_large_picture_has_the_templates_of_a_small_one():
    """Ten times as large, and of equal patches: however it is made smaller, the means of the patches stay."""
    pairs = zip(templates_of(thing(160), see), templates_of(thing(1600), see), strict=True)
    for small, large in pairs:
        assert (small.size, small.turn, small.count) == (large.size, large.turn, large.count)
        assert np.sum(small.cells * large.cells) > 0.99 * np.sum(small.cells**2)


def test_the_thinnest_picture_has_templates_of_finite_cells():
    """8 x 400 pixels, as the smallest side that is read."""
    templates = templates_of(np.full((8, 400, 3), 255, np.uint8), see)
    assert templates and all(one.count >= 4 and np.isfinite(one.cells).all() for one in templates)


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


def test_the_colours_of_a_canvas_are_those_of_its_cells():
    """What the fake is: 16 x 16 pixels of one colour, less the gray."""
    assert np.allclose(colours(np.full((16, 16, 3), 1.0)), 1 - 127 / 255)
