"""edge_demo.whole_file, and who saves a picture by it: whole or not there, on a disk that has no room."""

import os

import numpy as np
import pytest
from checks import room_for

from edge_demo.screen.screen import save_here
from edge_demo.whole_file import append_whole, beside, opened_anew, opened_to_grow, remove, write_whole


def test_what_finds_no_room_leaves_the_older_file_as_it_was(tmp_path):
    path = tmp_path / "file"
    write_whole(path, b"older")
    with room_for(10), pytest.raises(OSError):
        write_whole(path, b"eleven byte")
    assert path.read_bytes() == b"older" and os.listdir(tmp_path) == ["file"]


def test_bytes_are_added_as_a_whole_or_not_at_all(tmp_path):
    with (tmp_path / "file").open("wb", buffering=0) as file:
        append_whole(file, b"first\n")
        with room_for(10), pytest.raises(OSError):  # four of them would fit
            append_whole(file, b"second\n")
        assert (tmp_path / "file").read_bytes() == b"first\n"
        append_whole(file, b"third\n")
    assert (tmp_path / "file").read_bytes() == b"first\nthird\n"


def test_a_picture_that_finds_no_room_is_not_saved_and_nothing_of_it_is_left(tmp_path, monkeypatch, rng):
    monkeypatch.chdir(tmp_path)
    picture = rng.integers(0, 256, (50, 70, 3), dtype=np.uint8)
    with room_for(1000):
        assert save_here(picture, "cup") is None
    assert os.listdir(tmp_path) == []
    assert save_here(picture, "cup").is_file()


def test_what_finds_no_room_is_named(tmp_path):
    with room_for(10), pytest.raises(OSError, match=r"file\.txt") as caught:
        write_whole(tmp_path / "file.txt", b"eleven byte")
    assert caught.value.filename == str(tmp_path / "file.txt")


@pytest.fixture
def precious(tmp_path):
    """A file of somebody else's, outside."""
    (tmp_path / "precious").write_bytes(b"precious")
    return tmp_path / "precious"


def test_what_bears_the_name_of_a_partial_file_is_neither_followed_nor_waited_for(tmp_path, precious):
    (tmp_path / "in").mkdir()
    for number, trap in enumerate((lambda path: os.symlink(precious, path), os.mkfifo)):
        trap(tmp_path / "in" / f".partial-{number}")
        write_whole(tmp_path / "in" / str(number), b"ours")
        trap(tmp_path / "in" / f".partial-{number}")
        with beside(tmp_path / "in" / str(number)) as partial:  # for a library that opens it by its name
            partial.write_bytes(b"again")
        assert (tmp_path / "in" / str(number)).read_bytes() == b"again"
    assert sorted(os.listdir(tmp_path / "in")) == ["0", "1"] and precious.read_bytes() == b"precious"


def test_a_link_in_the_place_of_a_file_of_ours_is_replaced_and_not_followed(tmp_path, precious):
    (tmp_path / "in").mkdir()
    os.symlink(precious, tmp_path / "in" / "file")
    write_whole(tmp_path / "in" / "file", b"ours")
    assert not (tmp_path / "in" / "file").is_symlink() and precious.read_bytes() == b"precious"
    os.symlink(precious, tmp_path / "in" / "lines")
    with opened_anew(tmp_path / "in" / "lines") as file:
        append_whole(file, b"ours\n")
    assert (tmp_path / "in" / "lines").read_bytes() == b"ours\n" and precious.read_bytes() == b"precious"


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_nothing_is_added_to_what_is_no_file_of_ours(tmp_path, precious, kind):
    os.mkfifo(tmp_path / "pipe")
    os.symlink(precious, tmp_path / "link")
    with pytest.raises(OSError, match=f"a {kind} called {kind}"):
        opened_to_grow(tmp_path / kind)
    assert precious.read_bytes() == b"precious"


def test_a_link_to_a_folder_is_removed_and_the_folder_stays(tmp_path, precious):
    os.symlink(tmp_path, tmp_path / "link")
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    os.symlink(tmp_path, tmp_path / "folder" / "link")
    for name in ("link", "folder", "nothing"):
        remove(tmp_path / name)
    assert os.listdir(tmp_path) == ["precious"]
