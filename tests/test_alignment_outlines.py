"""Outlines: how well two agree, and pieces of flat things whose outlines are known."""

import numpy as np
import pytest
from alignment_pairs import write_plane
from checks import one_line

from edge_demo.model.alignment.placement import outline_of
from getnet_tf.alignment.outlines import corner_error, outline_iou, outline_scores
from getnet_tf.alignment.planes import Piece, moved, pieces_of, read_pieces
from getnet_tf.errors import InputError

SQUARE = outline_of((20, 20))
PICTURE = np.zeros((100, 150, 3), np.uint8)


def test_a_picture_s_outline_runs_along_its_edges():
    assert outline_of((2, 3)).tolist() == [[-0.5, -0.5], [2.5, -0.5], [2.5, 1.5], [-0.5, 1.5]]


@pytest.mark.parametrize(
    ("outline", "iou"),
    [
        (SQUARE, 1),
        (SQUARE[::-1], 1),
        (SQUARE + np.array([10, 0]), 1 / 3),  # 200 of 600 pixels
        (SQUARE + np.array([10, 10]), 1 / 7),  # 100 of 700
        (SQUARE + np.array([20, 0]), 0),
        (SQUARE + np.array([500, 0]), 0),
        (outline_of((10, 20)), 1 / 2),
        ([(-0.5, -0.5), (39.5, -0.5), (19.5, 19.5), (-0.5, 19.5)], 2 / 3),  # a quadrilateral of 600 round 400
        (SQUARE[[0, 2, 1, 3]], 0),  # twisted
        ([(-0.5, -0.5), (19.5, -0.5), (2, 2), (-0.5, 19.5)], 0),  # dented
        (np.full((4, 2), np.nan), 0),
        (np.full((4, 2), np.inf), 0),
        (np.full((4, 2), 5.0), 0),  # a point
    ],
)
def test_outlines_overlap_as_far_as_they_do(outline, iou):
    assert outline_iou(outline, SQUARE) == pytest.approx(iou, abs=1e-6)
    far = np.array([40_000, -20_000])
    assert outline_iou(outline + far, SQUARE + far) == pytest.approx(iou, abs=1e-6)


def test_corners_are_off_by_a_share_of_the_longer_side():
    """Off by 3 and 4, by 0, 0 and 10: 15 of 4 corners, over 40."""
    true = outline_of((20, 40))
    assert corner_error(true + np.array([(3, 4), (0, 0), (0, 0), (10, 0)]), true) == pytest.approx(
        15 / 4 / 40
    )


def test_pairs_count_the_same_however_many_pieces_they_have():
    """Of the first pair three pieces are found exactly; of the second the one is half beside."""
    piece, other = (Piece(name, np.zeros((20, 20, 3)), PICTURE, SQUARE) for name in ("wall", "door"))
    scores = outline_scores([piece, piece, other, piece], [_Shifts(0), _Shifts(0), _Shifts(10), _Shifts(0)])
    assert scores.pop("pairs") == {"wall": 1, "door": 0}
    assert scores == pytest.approx(
        {"outline_right": 1 / 2, "outline_iou": (1 + 1 / 3) / 2, "corner_error": 10 / 20 / 2}
    )


def test_of_the_same_picture_a_piece_is_found_where_it_was_cut_out():
    """60 x 40 pixels of 150 x 100: areas are 75 x 50 but where the picture ends."""
    numbered = np.arange(PICTURE.size, dtype=np.uint32).view(np.uint8)[: PICTURE.size].reshape(PICTURE.shape)
    pieces = pieces_of("wall", numbered, numbered, np.eye(3))
    assert len(pieces) == 10
    for piece in pieces:
        assert piece.reference.shape == (40, 60, 3)
        (left, top), (right, bottom) = (np.round(piece.outline_px[[0, 2]] + 0.5)).astype(int)
        assert (piece.area[top:bottom, left:right] == piece.reference).all()
    shapes = {piece.area.shape[:2] for piece in pieces}
    assert pieces[0].area.shape[:2] == (45, 68)  # of the upper left corner: 5 and 7.5 pixels on two sides
    assert max(shape[0] for shape in shapes) <= 50 and max(shape[1] for shape in shapes) <= 77


def test_pieces_that_leave_the_second_picture_do_not_count():
    """The second picture begins 90 pixels further right: its 60 columns on the left are all that is seen of the first, which is
    as wide as one piece; 100 further right it takes pieces of 0.3."""
    for shift, width in ((90, 60), (100, 45)):
        pieces = pieces_of("wall", PICTURE, PICTURE, [[1, 0, -shift], [0, 1, 0], [0, 0, 1]])
        assert {piece.reference.shape[1] for piece in pieces} == {width}
    assert pieces_of("wall", PICTURE, PICTURE, [[1, 0, -130], [0, 1, 0], [0, 0, 1]]) == []


def test_what_lies_behind_the_camera_is_not_seen_whatever_the_sign():
    """Depth 1 - x / 75 is positive on the left half; the homography mirrors nothing there, and has two signs."""
    homography = np.array([[1, 0, 0], [0, 1, 0], [-1 / 75, 0, 1]])
    homography = np.diag([0.1, 0.1, 1]) @ homography
    one, other = (pieces_of("wall", PICTURE, PICTURE, sign * homography) for sign in (1, -1))
    assert [piece.outline_px.tolist() for piece in one] == [piece.outline_px.tolist() for piece in other]
    assert one
    for piece in one:
        assert (
            np.isfinite(piece.outline_px).all()
            and np.linalg.det(piece.outline_px[[1, 3]] - piece.outline_px[0]) > 0
        )


def test_points_move_as_opencv_moves_them():
    import cv2

    rng = np.random.default_rng(0)
    homography = np.array([[1, 0.2, 3], [-0.1, 0.9, 2], [0.001, 0.002, 1]])
    points = rng.uniform(0, 100, (7, 2))
    np.testing.assert_allclose(
        moved(points, homography), cv2.perspectiveTransform(points[None], homography)[0]
    )


def test_pieces_are_read_from_a_folder(tmp_path):
    write_plane(tmp_path, "wall")
    write_plane(tmp_path, "door", homography=[[1, 0, -90], [0, 1, 0], [0, 0, 1]])
    assert [piece.pair for piece in read_pieces(tmp_path)] == ["door"] * 9 + ["wall"] * 10


@pytest.mark.parametrize(
    ("homography", "said"),
    [
        ("1 0\n0 1\n", "(2, 2)"),
        ("1 0 0\n0 1\n0 0 1\n", "wall_homography.txt"),
        ("1 0 0\n2 0 0\n0 0 1\n", "inverted"),
        ("one 0 0\n0 1 0\n0 0 1\n", "one"),
        ("", "received"),
    ],
)
@pytest.mark.filterwarnings("ignore:loadtxt")
def test_a_homography_that_is_none_is_one_line(homography, said, tmp_path):
    write_plane(tmp_path)
    (tmp_path / "wall_homography.txt").write_text(homography)
    with pytest.raises(InputError) as error:
        read_pieces(tmp_path)
    assert one_line(error.value) and said in str(error.value)


def test_a_missing_picture_and_an_empty_folder_are_one_line(tmp_path):
    with pytest.raises(InputError) as error:
        read_pieces(tmp_path)
    assert one_line(error.value) and str(tmp_path) in str(error.value)
    write_plane(tmp_path)
    (tmp_path / "wall1.jpg").unlink()
    with pytest.raises(InputError) as error:
        read_pieces(tmp_path)
    assert one_line(error.value) and "wall1.jpg" in str(error.value)


class _Shifts:
    """Finds everything so many pixels further right."""

    def __init__(self, shift_px):
        self.shift_px = shift_px

    def found(self, points_px):
        return points_px + np.array([self.shift_px, 0])
