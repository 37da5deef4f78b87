"""Pairs with key points: which there are, what does not fit, and where a stretched picture's pixels go."""

import numpy as np
import pytest
from alignment_pairs import HEADER, write_keyed
from checks import one_line

from edge_demo.model.alignment.stretched import to_norm, to_px
from edge_demo.model.preprocess import stretched
from getnet_tf.alignment.keypoints import read_pairs, read_points
from getnet_tf.errors import InputError

POINTS = [(1, 2), (30.5, 12), (59, 39)]


def test_the_pairs_are_all_ordered_ones_within_a_sub_class(tmp_path):
    for name in ("car/b.jpg", "car/a.png", "car/c.jpg", "duck/d.jpg", "duck/e.jpg"):
        write_keyed(tmp_path / name, POINTS)
    (tmp_path / "notes.txt").write_text("of the folder")
    pairs = read_pairs(tmp_path)
    assert [a.path.stem + b.path.stem for a, b in pairs] == ["ab", "ac", "ba", "bc", "ca", "cb", "de", "ed"]
    assert [a.subclass for a, _ in pairs] == ["car"] * 6 + ["duck"] * 2
    assert pairs[0][0].picture.shape == (40, 60, 3) and pairs[0][0].points_px.tolist() == [
        list(p) for p in POINTS
    ]


def test_columns_are_told_by_their_names_and_empty_lines_say_nothing(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("\ufeffname,y_px, x_px\nnose,2,1\n\ntail,12, 30.5\n", encoding="utf-8")
    assert read_points(path).tolist() == [[1, 2], [30.5, 12]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("1,2\n30.5,12\n59,39\n", "header '1,2'"),
        ("", "header ''"),
        (HEADER, "0 points"),
        (HEADER + "5,5\n5,5\n5,5\n", "two different"),
        (HEADER + "1,2\n30.5,12\n", "received 2 points, but a.csv has 3"),
        (HEADER + "1,2\n30.5,40\n59,39\n", "point 2 is (30.5, 40), outside its picture of 60x40"),
        (HEADER + "1,2\n-0.6,3\n59,39\n", "point 2 is (-0.6, 3), outside"),
        (HEADER + "1,2\nnan,3\n59,39\n", "line 'nan,3'"),
        (HEADER + "1,2\nleft,3\n59,39\n", "line 'left,3'"),
        (HEADER + "1,2\n3\n59,39\n", "line '3'"),
        (b"\xff\xd8\xff\xe0\x00\x10", "no text"),
        (None, "no such file"),
    ],
)
def test_key_points_that_do_not_fit_are_one_line_that_names_the_file(content, said, tmp_path):
    write_keyed(tmp_path / "car" / "a.jpg", POINTS)
    write_keyed(tmp_path / "car" / "b.jpg", POINTS)
    path = tmp_path / "car" / "b.csv"
    path.unlink()
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as error:
        read_pairs(tmp_path)
    assert one_line(error.value) and str(path) in str(error.value) and said in str(error.value)


def test_a_point_on_the_picture_s_edge_is_inside(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        write_keyed(tmp_path / "car" / name, [(-0.5, -0.5), (59.5, 39.5)])
    assert len(read_pairs(tmp_path)) == 2


def test_key_points_without_a_picture_are_named(tmp_path):
    write_keyed(tmp_path / "car" / "a.jpg", POINTS)
    (tmp_path / "car" / "z.csv").write_text(HEADER)
    with pytest.raises(InputError, match=r"z\.csv: found no picture"):
        read_pairs(tmp_path)


def test_a_folder_without_a_pair_is_one_line(tmp_path):
    write_keyed(tmp_path / "car" / "a.jpg", POINTS)
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError) as error:
            read_pairs(folder)
        assert one_line(error.value) and str(folder) in str(error.value)


def test_edges_stay_edges_and_corner_pixels_of_the_image_are_at_one():
    """60 x 40 pixels become 30 x 10: the first centre of the image covers pixels 0 and 1 across, 0 to 3 down."""
    corners = to_norm([(0.5, 1.5), (58.5, 37.5)], (40, 60), (10, 30))
    np.testing.assert_allclose(corners, [(-1, -1), (1, 1)], atol=1e-12)
    edges = to_norm([(-0.5, -0.5), (59.5, 39.5)], (40, 60), (10, 30))
    np.testing.assert_allclose(edges, [(-30 / 29, -10 / 9), (30 / 29, 10 / 9)], atol=1e-12)


def test_pixels_come_back():
    points = np.random.default_rng(0).uniform(-20, 80, (9, 2))
    np.testing.assert_allclose(
        to_px(to_norm(points, (41, 57), (24, 32)), (41, 57), (24, 32)), points, atol=1e-12
    )


def test_the_stretched_picture_shows_what_its_pixels_say():
    """Red grows by 4 a column, green by 6 a row: a stretched pixel's colour says which place of the picture it shows."""
    rows, columns = np.mgrid[:40, :60]
    picture = np.stack([4 * columns, 6 * rows, 0 * rows], -1).astype(np.uint8)
    image = stretched(picture, (10, 30), "rgb")[0, ..., ::-1] * 255
    rows, columns = np.mgrid[:10, :30]
    places = to_px(np.c_[columns.ravel() / 29, rows.ravel() / 9] * 2 - 1, (40, 60), (10, 30))
    np.testing.assert_allclose(image[..., 0].ravel(), 4 * places[:, 0], atol=0.51)
    np.testing.assert_allclose(image[..., 1].ravel(), 6 * places[:, 1], atol=0.51)
