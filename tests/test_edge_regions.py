"""Parts of a frame, by hand."""

import numpy as np
import pytest

from edge_demo.model.regions import around, cut, tiles, to_frame, whole

FRAME_WH = (640, 480)


def test_the_whole_frame_is_a_region():
    assert whole(FRAME_WH) == (0, 0, 640, 480)


def test_a_box_is_widened_about_its_middle_each_side_alone():
    """The middle is (320, 240); 40 x 100 doubled is 80 x 200."""
    assert around((300, 190, 340, 290), 2, 0, FRAME_WH) == (280, 140, 360, 340)


def test_a_region_is_at_least_a_share_of_the_frames_sides():
    """A quarter of 640 x 480 is 160 x 120."""
    assert around((318, 238, 322, 242), 2, 0.25, FRAME_WH) == (240, 180, 400, 300)


def test_a_region_may_stick_out_and_keeps_its_shape():
    """100 x 100 around (10, 470)."""
    assert around((-15, 445, 35, 495), 2, 0, FRAME_WH) == (-40, 420, 60, 520)


def test_a_box_without_area_in_a_corner_has_a_region_that_shows_something():
    assert around((640, 480, 640, 480), 2, 0, FRAME_WH) == (639, 479, 641, 481)


def test_what_lies_beyond_the_frame_is_its_edge_again():
    """A frame of 3 x 2 with numbers for pixels; a column to the left and a row below are repeated."""
    frame = np.arange(6, dtype=np.uint8).reshape(2, 3, 1).repeat(3, axis=2)
    assert cut(frame, (-1, 0, 2, 3))[:, :, 0].tolist() == [[0, 0, 1], [3, 3, 4], [3, 3, 4]]
    assert cut(frame, (1, 0, 3, 2))[:, :, 0].tolist() == [[1, 2], [4, 5]]


@pytest.mark.parametrize("widen, least", [(0.9, 0.2), (2, -0.1), (2, 1.1), (float("nan"), 0.2)])
def test_a_region_without_sense_is_refused(widen, least):
    with pytest.raises(ValueError, match="Expected widen >= 1"):
        around((0, 0, 9, 9), widen, least, FRAME_WH)


def test_tiles_go_row_by_row_from_edge_to_edge():
    """Halves of 640 x 480 are 320 x 240; three a side begin at 0, a quarter and a half."""
    found = tiles(0.5, 3, FRAME_WH)
    assert found[:4] == [(0, 0, 320, 240), (160, 0, 480, 240), (320, 0, 640, 240), (0, 120, 320, 360)]
    assert found[-1] == (320, 240, 640, 480)
    assert len(found) == 9


def test_one_tile_of_everything_is_the_frame():
    assert tiles(1, 1, FRAME_WH) == [whole(FRAME_WH)]


def test_tiles_of_a_tiny_frame_are_pixels():
    """Quarters of 3 x 2 pixels would be less than one; each still is one inside the frame."""
    for xmin, ymin, xmax, ymax in tiles(0.25, 5, (3, 2)):
        assert 0 <= xmin < xmax <= 3
        assert 0 <= ymin < ymax <= 2


@pytest.mark.parametrize("share, per_side", [(0.5, 1), (0, 3), (1.5, 1), (0.25, 3)])
def test_tiles_that_leave_something_out_are_refused(share, per_side):
    with pytest.raises(ValueError, match="cover"):
        tiles(share, per_side, FRAME_WH)


def test_a_large_region_that_sticks_out_is_reduced_before_it_grows():
    """Twice the frame's sides are 1280 x 1280 of a square frame of 640: half of it stays, 320 px, and 160 px on each side."""
    frame = np.zeros((640, 640, 3), np.uint8)
    frame[:, 320:] = 100
    picture = cut(frame, (-320, -320, 960, 960))
    assert picture.shape == (640, 640, 3)
    assert (picture[:, :320] == 0).all()
    assert (picture[:, 320:] == 100).all()
    assert cut(frame, whole((640, 640))).base is frame  # nothing is copied inside


def test_a_box_goes_back_to_the_frame_and_ends_with_it():
    inside, beyond = (100, 200, 300, 400), (-20, 440, 100, 500)
    box = to_frame((1.5, 2.0, 30.0, 40.0), inside, (200, 200), FRAME_WH)
    assert box == (101.5, 202.0, 130.0, 240.0)
    assert to_frame((5.0, 0.0, 90.0, 60.0), beyond, (120, 60), FRAME_WH) == (0.0, 440.0, 70.0, 480.0)


def test_a_box_in_a_reduced_region_grows_again():
    """Two pixels of the frame for one across, four for one down."""
    assert to_frame((1.0, 2.0, 3.0, 4.0), (10, 20, 50, 100), (20, 20), FRAME_WH) == (12.0, 28.0, 16.0, 36.0)
