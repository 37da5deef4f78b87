"""edge_demo.whole_file, and who saves a picture by it: whole or not there, on a disk that has no room."""

import os

import numpy as np
import pytest
from checks import room_for

from edge_demo.screen.screen import save_here
from edge_demo.whole_file import append_whole, write_whole


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
