"""getnet_tf.data.photos: which folders are classes, which pictures count, and every one left out has its reason."""

import os
import pathlib

import numpy as np
import pytest
from checks import one_line
from photo_files import write_classes, write_picture

from getnet_tf.data.photos import Photos, from_folder
from getnet_tf.errors import InputError


def names(photos, root):
    return [pathlib.Path(path).relative_to(root).as_posix() for path in photos.paths]


def reasons(photos, root):
    return {os.path.relpath(path, root): reason for path, reason in photos.skipped}


@pytest.fixture
def folder(tmp_path):
    return write_classes(tmp_path / "photos", {"cup": 3, "saw": 2})


def test_every_folder_that_holds_pictures_is_a_class_at_any_depth(tmp_path):
    root = write_classes(tmp_path, {"tool/saw": 2, "tool": 2, "cup": 3, "tool/big/axe": 2, ".": 2})
    photos = from_folder(root)
    assert photos.class_names == (".", "cup", "tool", "tool/big/axe", "tool/saw")
    assert names(photos, root) == [
        "0.png", "1.png", "cup/0.png", "cup/1.png", "cup/2.png", "tool/0.png", "tool/1.png",
        "tool/big/axe/0.png", "tool/big/axe/1.png", "tool/saw/0.png", "tool/saw/1.png",
    ]  # fmt: skip
    np.testing.assert_array_equal(photos.labels, [0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4])
    assert photos.labels.dtype == np.int64 and len(photos) == 11 and photos.skipped == ()
    assert all(type(path) is str for path in photos.paths)


def test_every_suffix_counts_in_any_case_and_nothing_else(folder):
    kinds = ("jpg", "JPEG", "Png", "bmp", "WebP", "tif", "TIFF")
    for seed, kind in enumerate(kinds):
        write_picture(folder / "kinds" / f"{seed}.{kind}", seed=100 + seed)
    for other in ("notes.txt", "boxes.csv", "jpg", "picture.jpg.bak"):
        (folder / "kinds" / other).write_text("no picture")
    photos = from_folder(folder)
    assert sum(photos.labels == photos.class_names.index("kinds")) == len(kinds)
    assert photos.skipped == ()


def test_hidden_files_and_folders_are_left_out_but_the_root_may_be_hidden(tmp_path):
    root = write_classes(tmp_path / ".photos", {"cup": 2, "saw": 2, ".trash": 2, "cup/.thumbs": 2})
    write_picture(root / "cup" / "._0.png", seed=50)
    photos = from_folder(root)
    assert photos.class_names == ("cup", "saw") and len(photos) == 4 and photos.skipped == ()


def test_bad_pictures_are_named_with_the_reason_and_the_rest_goes_on(folder):
    (folder / "cup" / "text.jpg").write_text("no picture")
    (folder / "cup" / "empty.png").write_bytes(b"")
    whole = pathlib.Path(write_picture(folder / "saw" / "half.jpg", seed=60, hw=(60, 90))).read_bytes()
    (folder / "saw" / "half.jpg").write_bytes(whole[: len(whole) // 2])
    write_picture(folder / "saw" / "small.png", seed=61, hw=(7, 30))
    os.symlink(folder / "nowhere.png", folder / "saw" / "link.png")
    photos = from_folder(str(folder))
    found = reasons(photos, folder)
    assert len(photos) == 5 and len(found) == len(photos.skipped) == 5
    assert found["cup/text.jpg"].startswith("expected a whole picture, received 10 bytes")
    assert "received 0 bytes" in found["cup/empty.png"]
    assert "cut short" in found["saw/half.jpg"]
    assert found["saw/small.png"] == "expected at least 8x8 pixels, received 30x7"
    assert "no such file" in found["saw/link.png"]
    assert all("\n" not in reason for reason in found.values())
    assert [path for path, _ in photos.skipped] == sorted(path for path, _ in photos.skipped)


def test_opencv_says_nothing_about_bad_pictures(folder, capfd):
    whole = pathlib.Path(write_picture(folder / "saw" / "half.png", seed=60)).read_bytes()
    (folder / "saw" / "half.png").write_bytes(whole[: len(whole) // 2])
    assert len(from_folder(folder).skipped) == 1
    assert capfd.readouterr() == ("", "")


def test_a_copy_inside_a_class_counts_once(folder):
    write_picture(folder / "cup" / "9.png", seed=0)
    photos = from_folder(folder)
    assert names(photos, folder) == ["cup/0.png", "cup/1.png", "cup/2.png", "saw/0.png", "saw/1.png"]
    assert reasons(photos, folder) == {"cup/9.png": f"a copy of {folder / 'cup' / '0.png'}"}


def test_a_picture_of_two_classes_belongs_to_none(folder):
    """Picture 0 lies in "cup" twice and in "saw" once: all three go."""
    write_picture(folder / "cup" / "9.png", seed=0)
    write_picture(folder / "saw" / "7.png", seed=0)
    photos = from_folder(folder)
    assert names(photos, folder) == ["cup/1.png", "cup/2.png", "saw/0.png", "saw/1.png"]
    of_saw = f"a copy of {folder / 'saw' / '7.png'}, which is of another class"
    assert reasons(photos, folder) == {
        "cup/0.png": of_saw,
        "cup/9.png": of_saw,
        "saw/7.png": f"a copy of {folder / 'cup' / '0.png'}, which is of another class",
    }


def test_a_class_of_one_picture_is_left_out_and_named(folder):
    write_picture(folder / "axe" / "0.png", seed=70)
    photos = from_folder(folder)
    assert photos.class_names == ("cup", "saw")
    assert reasons(photos, folder)["axe/0.png"] == "the only picture of its class"


def test_what_copies_leave_alone_is_left_out_too(folder):
    for name in ("0.png", "1.png"):
        write_picture(folder / "axe" / name, seed=70)
    assert reasons(from_folder(folder), folder) == {
        "axe/0.png": "the only picture of its class",
        "axe/1.png": f"a copy of {folder / 'axe' / '0.png'}",
    }


def test_a_link_that_leads_back_up_ends(folder):
    os.symlink(folder, folder / "cup" / "again")
    photos = from_folder(folder)
    assert len(photos) == 5
    assert reasons(photos, folder) == {"cup/again": "a link to a folder that was read already"}


def test_a_folder_named_like_a_picture_is_a_folder(folder):
    write_classes(folder, {"cup": 3, "saw": 2, "odd.jpg": 2})
    assert from_folder(folder).class_names == ("cup", "odd.jpg", "saw")


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({}, "found no picture"),
        ({"cup": 4}, r"two classes with two pictures each or more, found 1 \(cup: 4\)\. Put"),
        (
            {"cup": 4, "saw": 1},
            r"found 1 \(cup: 4\); 1 left out, the first is .*saw/0\.png: the only picture",
        ),
        ({"cup": 1, "saw": 1}, r"found 0; 2 left out, the first is .*cup/0\.png"),
    ],
)
def test_too_little_is_one_line(tmp_path, counts, message):
    with pytest.raises(InputError, match=message) as caught:
        from_folder(write_classes(tmp_path, counts))
    assert one_line(caught.value) and "Put the pictures of each class" in str(caught.value)


def test_what_is_no_folder_is_one_line(tmp_path):
    for path, found in ((tmp_path / "gone", "nothing"), (write_picture(tmp_path / "a.png"), "a file")):
        with pytest.raises(InputError, match=f"expected a folder .* found {found}") as caught:
            from_folder(path)
        assert one_line(caught.value)


def test_a_subset_numbers_its_classes_anew_and_keeps_their_names():
    photos = Photos(("a", "b", "c", "d"), np.array([0, 1, 2, 2]), ("axe", "cup", "saw"), (("e", "bad"),))
    some = photos.subset(np.array([3, 0, 2]))
    assert some.paths == ("d", "a", "c") and some.class_names == ("axe", "saw") and some.skipped == ()
    np.testing.assert_array_equal(some.labels, [1, 0, 1])
    assert some.labels.dtype == np.int64
    assert len(photos.subset(np.array([], int))) == 0
