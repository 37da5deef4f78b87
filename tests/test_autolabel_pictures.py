"""Which files of a folder are pictures to be labelled."""

import os

import pytest
from checks import one_line

from getnet_tf.autolabel.pictures import pictures_of
from getnet_tf.errors import InputError


def touch(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


def test_pictures_at_any_depth_sorted_without_what_is_hidden(tmp_path):
    touch(
        tmp_path,
        "b.JPG",
        "a/z.png",
        "a/b/c.webp",
        "a b/ü.jpeg",
        "notes.txt",
        ".x.png",
        ".git/y.png",
        "a/._c.png",
    )
    assert pictures_of(tmp_path) == (["a b/ü.jpeg", "a/b/c.webp", "a/z.png", "b.JPG"], [])


def test_the_results_are_not_looked_into_though_they_lie_among_the_pictures(tmp_path):
    touch(tmp_path, "a.png", "labels/yolo/images/train/a.png")
    assert pictures_of(tmp_path, leave_out=tmp_path / "labels") == (["a.png"], [])
    assert pictures_of(tmp_path)[0] == ["a.png", "labels/yolo/images/train/a.png"]


def test_a_folder_named_like_a_picture_is_a_folder(tmp_path):
    touch(tmp_path, "set.jpg/1.png")
    assert pictures_of(tmp_path)[0] == ["set.jpg/1.png"]


@pytest.mark.parametrize(
    ("name", "found"), [("missing", "nothing"), ("file.png", "a file"), ("empty", "none")]
)
def test_what_is_no_folder_of_pictures_is_one_line(tmp_path, name, found):
    touch(tmp_path, "file.png", "empty/notes.txt")
    with pytest.raises(InputError, match=found) as caught:
        pictures_of(tmp_path / name)
    assert one_line(caught.value)


def test_a_folder_that_cannot_be_read_is_named_instead_of_left_out(tmp_path, monkeypatch):
    touch(tmp_path, "a.png", "secret/b.png")
    scandir = os.scandir

    def forbid(path):
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", forbid)
    with pytest.raises(InputError, match=r"secret.*Permission denied") as caught:
        pictures_of(tmp_path)
    assert one_line(caught.value)
