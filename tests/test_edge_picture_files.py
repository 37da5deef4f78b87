"""What of a folder is taken for a picture, what is counted and named instead, and that nothing is waited for."""

import errno
import os
import socket

import cv2
import numpy as np
import pytest
from edge_model import write_centroid
from photo_files import write_picture
from PIL import Image

from edge_demo import __main__ as command
from edge_demo.camera.folder import FolderSource
from edge_demo.errors import EdgeError
from edge_demo.gallery.objects import named_pictures
from edge_demo.model.description import hash_of
from edge_demo.model.metadata import read
from edge_demo.model.preprocess import read_picture
from edge_demo.picture_files import contents_of, say_left_out


def no_files(folder):
    """Things that are called pictures and are none: a pipe, a socket, a device, links to nothing and to themselves."""
    os.mkfifo(folder / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as made:
        here = os.getcwd()
        os.chdir(folder)  # the path of a socket may have 100 characters
        made.bind("socket.png")
        os.chdir(here)
    os.symlink("/dev/zero", folder / "device.png")
    os.symlink("nowhere.png", folder / "link.png")
    os.symlink("loop.png", folder / "loop.png")
    return folder


def test_pictures_of_all_kinds_are_taken_and_the_others_are_named_with_what_to_do(tmp_path):
    picture = Image.fromarray(np.zeros((20, 30, 3), np.uint8))
    for name, kind in [("a.avif", "AVIF"), ("b.gif", "GIF"), ("c.jfif", "JPEG"), ("d.JPG", "JPEG")]:
        picture.save(tmp_path / name, kind)
    picture.save(tmp_path / "IMG_1.HEIC", "AVIF")
    picture.save(tmp_path / "IMG_2.jpg_large", "JPEG")
    picture.save(tmp_path / "raw.dng", "TIFF")
    for name in ("notes.txt", "empty", ".hidden.png", "list.csv"):
        (tmp_path / name).write_text("" if name == "empty" else "path,name\n")
    found = contents_of(tmp_path)
    assert [path.name for path in found.pictures] == ["a.avif", "b.gif", "c.jfif", "d.JPG"]
    assert all(read_picture(path).shape == (20, 30, 3) for path in found.pictures)
    reasons = {path.name: reason for path, reason in found.left_out}
    assert set(reasons) == {"IMG_1.HEIC", "IMG_2.jpg_large", "raw.dng"}
    assert "convert it to JPEG" in reasons["IMG_1.HEIC"] and "raw data" in reasons["raw.dng"]
    assert "let it end in .jpg" in reasons["IMG_2.jpg_large"]


def test_what_is_no_file_is_left_out_and_said(tmp_path, capfd):
    write_picture(tmp_path / "photo.png")
    found = contents_of(no_files(tmp_path))
    assert [path.name for path in found.pictures] == ["photo.png"]
    words = {"pipe.jpg": "a pipe", "socket.png": "a socket", "device.png": "a device", "link.png": "no such"}
    words["loop.png"] = os.strerror(errno.ELOOP)
    for path, reason in found.left_out:
        assert words.pop(path.name) in reason
    assert not words
    with FolderSource(tmp_path) as source:
        assert len(list(source)) == 1
    assert "Left out, 5 in all: " in capfd.readouterr().err


def test_of_many_the_first_are_named_in_one_line_whatever_their_names(tmp_path, capfd):
    say_left_out([(tmp_path / f"two\nlines{n}", "why") for n in range(8)])
    printed = capfd.readouterr().err
    assert printed.count("\n") == 1 and "and 3 more" in printed and r"two\nlines4" in printed
    say_left_out([])
    assert capfd.readouterr().err == ""


def test_a_pipe_is_one_line_whatever_it_is_named_for(tmp_path, capfd):
    """Nobody writes to it: whoever opened it would wait for ever."""
    os.mkfifo(tmp_path / "p.tflite")
    os.mkfifo(tmp_path / "p.mp4")
    os.mkfifo(tmp_path / "p.png")
    model, picture = write_centroid(tmp_path / "model.tflite"), write_picture(tmp_path / "cup.png")
    for read_it, name in ((read, "p.tflite"), (hash_of, "p.tflite"), (read_picture, "p.png")):
        with pytest.raises(EdgeError, match="a pipe, which is no file"):
            read_it(tmp_path / name)
    argv = ["--model", model, "--reference", picture, "--source", tmp_path / "p.mp4", "--headless", "--out"]
    assert command.main([*map(str, argv), str(tmp_path / "out")]) == 2
    assert "expected a video, received: a pipe" in capfd.readouterr().err


def test_the_descriptions_of_a_gallery_may_be_pipes_and_the_one_that_saves_time_is_made_again(
    tmp_path, capfd
):
    model = write_centroid(tmp_path / "model.tflite")
    write_picture(tmp_path / "things" / "cup" / "view-1.png")
    for name in ("view-1.npz", "object.json"):
        os.mkfifo(tmp_path / "things" / "cup" / name)
    assert command.main(["gallery", str(tmp_path / "things"), "--model", str(model)]) == 0
    assert capfd.readouterr().out == "cup: 1 view\n"
    assert (tmp_path / "things" / "cup" / "view-1.npz").is_file()


def test_an_object_whose_pictures_can_not_be_read_is_refused_and_not_passed_over(tmp_path, capfd):
    write_picture(tmp_path / "cup" / "1.png")
    (tmp_path / "pen").mkdir()
    (tmp_path / "pen" / "1.heic").write_bytes(b"")
    with pytest.raises(EdgeError, match="pen: expected pictures of an object"):
        named_pictures([tmp_path])
    assert "1.heic: HEIC" in capfd.readouterr().err
    cv2.imwrite(str(tmp_path / "pen" / "2.png"), np.zeros((20, 30, 3), np.uint8))
    assert [name for name, *_ in named_pictures([tmp_path])] == ["cup", "pen"]
