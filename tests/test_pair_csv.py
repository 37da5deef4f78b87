"""getnet_tf.data.pair_csv: what the lines say, and every mistake by its line."""

import os

import numpy as np
import pytest
from checks import one_line
from photo_files import write_picture

from getnet_tf.data.pair_csv import read_pairs
from getnet_tf.errors import InputError


@pytest.fixture
def csv_file(tmp_path):
    """Writes a CSV beside a.png, b.png and more/c d.png: `csv_file("image0,...")` gives its path."""
    for seed, name in enumerate(("a.png", "b.png", "more/c d.png")):
        write_picture(tmp_path / name, seed)

    def write(text, encoding="utf-8"):
        path = tmp_path / "pairs.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_pairs_are_places_in_the_list_of_unique_pictures(csv_file, tmp_path):
    path = csv_file("image0,image1,label\na.png,b.png,1\nmore/c d.png,a.png,0\nb.png,a.png,1\n")
    pairs = read_pairs(path)
    assert pairs.paths == tuple(str(tmp_path / name) for name in ("a.png", "b.png", "more/c d.png"))
    np.testing.assert_array_equal(pairs.index0, [0, 2, 1])
    np.testing.assert_array_equal(pairs.index1, [1, 0, 0])
    np.testing.assert_array_equal(pairs.label, [1, 0, 1])
    assert len(pairs) == 3 and pairs.label.dtype == np.float32 and pairs.index0.dtype == np.int64


def test_a_subset_keeps_the_order_of_its_pairs_and_only_their_pictures(csv_file, tmp_path):
    path = csv_file("image0,image1,label\na.png,b.png,1\nmore/c d.png,b.png,0\nb.png,more/c d.png,0\n")
    part = read_pairs(path).subset(np.array([2, 1]))
    assert part.paths == tuple(str(tmp_path / name) for name in ("b.png", "more/c d.png"))
    assert [part.index0.tolist(), part.index1.tolist(), part.label.tolist()] == [[0, 1], [1, 0], [0, 0]]
    assert part.index0.dtype == np.int64


@pytest.mark.parametrize(
    "text",
    [
        "label,note,image1,image0\n0,far,b.png,a.png\n1,near,more/c d.png,b.png\n",
        "\ufeffimage0,image1,label\r\na.png,b.png,0\r\n\r\nb.png,more/c d.png,1",
        "image0, image1 ,label\n a.png , ./b.png, 0\nmore/../b.png,more/c d.png,1\n",
        '"image0","image1","label"\n"a.png","b.png","0"\n"b.png","more/c d.png","1"\n',
    ],
    ids=["other columns", "from a spreadsheet", "spaces and dots", "quoted"],
)
def test_other_ways_to_write_the_same(csv_file, text, tmp_path):
    pairs = read_pairs(csv_file(text))
    assert pairs.paths == tuple(str(tmp_path / name) for name in ("a.png", "b.png", "more/c d.png"))
    assert [pairs.index0.tolist(), pairs.index1.tolist(), pairs.label.tolist()] == [[0, 1], [1, 2], [0, 1]]


def test_absolute_and_relative_names_meet(csv_file, tmp_path, monkeypatch):
    path = csv_file(f"image0,image1,label\n{tmp_path}/a.png,b.png,1\n{tmp_path}/b.png,a.png,1\n")
    assert len(read_pairs(path).paths) == 2
    csv_file("image0,image1,label\na.png,b.png,1\n")
    monkeypatch.chdir(tmp_path)
    assert read_pairs("pairs.csv").paths == ("a.png", "b.png")


HEADER = "image0,image1,label\na.png,b.png,1\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: column image0, image1, label is missing"),
        ("image0,image1\na.png,b.png\n", "line 1: column label is missing, received 'image0,image1'"),
        ("a.png,b.png,1\n", "line 1: column image0, image1, label is missing, received 'a.png,b.png,1'"),
        ("image0;image1;label\n", "line 1: column image0, image1, label is missing"),
        ("image0,image1,label\n\n", "no pairs after the header"),
        (HEADER + "b.png,a.png,2\n", "line 3: expected label 0 or 1, received '2'"),
        (HEADER + "b.png,a.png,same\n", "line 3: expected label 0 or 1, received 'same'"),
        (HEADER + "b.png,a.png,1.0\n", r"line 3: expected label 0 or 1, received '1\.0'"),
        (HEADER + "\n\nb.png,a.png\n", "line 5: expected image0, image1 and label, received 'b.png,a.png'"),
        (HEADER + "b.png,,0\n", "line 3: expected image0, image1 and label, received 'b.png,,0'"),
        (HEADER + "b.png,gone.png,0\n", r"line 3: no such picture: .*gone\.png"),
        (HEADER + "more,b.png,0\n", r"line 3: no such picture: .*more"),
        (HEADER + "b.png,./b.png,1\n", r"line 3: 'b\.png' is paired with itself"),
        (
            HEADER + "a.png,more/c d.png,0\nb.png,a.png,0\n",
            "line 4: this pair has label 0 here and 1 in line 2",
        ),
        (HEADER + '"b.png,a.png,0\n', "line 3: unexpected end of data"),
        (HEADER + '"b\n.png",a.png,0\n', "line 4: no such picture"),
        (HEADER + 'b.png,a.png,"0\n1"\n', "line 4: expected label 0 or 1"),
    ],
)
def test_a_mistake_is_one_line_that_names_its_line(csv_file, text, message):
    with pytest.raises(InputError, match=message) as caught:
        read_pairs(csv_file(text))
    assert one_line(caught.value) and "pairs.csv" in str(caught.value)


def test_what_is_no_text_file_is_one_line(csv_file, tmp_path):
    cases = [
        (csv_file("image0,image1,label\nä.png,b.png,1\n", "latin-1"), "not UTF-8"),
        (tmp_path / "gone.csv", "cannot be read: No such file"),
        (tmp_path, "cannot be read: Is a directory"),
        (write_picture(tmp_path / "a.png"), "not UTF-8"),
    ]
    for path, message in cases:
        with pytest.raises(InputError, match=message) as caught:
            read_pairs(path)
        assert one_line(caught.value) and os.fspath(path) in str(caught.value)


def test_a_file_of_zeros_is_one_line(csv_file):
    with pytest.raises(InputError, match="line 1") as caught:
        read_pairs(csv_file("\0" * 100))
    assert one_line(caught.value) and str(caught.value).isprintable()
