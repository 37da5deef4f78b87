"""Names from elsewhere on their way through the program: not in UTF-8, with colons, equal but for case; to be drawn, printed, opened."""

import os
import subprocess
import sys

import cv2
import numpy as np
import pytest
from checks import ROOT
from edge_model import write_centroid
from photo_files import colours, write_picture

from edge_demo import __main__ as command
from edge_demo.camera.sources import open_source
from edge_demo.console import one_line
from edge_demo.errors import EdgeError
from edge_demo.gallery.gallery import Gallery
from edge_demo.gallery.objects import Objects, named_pictures
from edge_demo.model.matcher import Matcher
from edge_demo.native_path import native_path
from edge_demo.outputs.recorder import Recorder
from edge_demo.screen.plate import WHITE, draw_plate

LATIN1 = "caf\udce9"  # as Python calls a file whose name is in another encoding than UTF-8


@pytest.fixture(scope="session")
def matcher(tmp_path_factory):
    return Matcher(write_centroid(tmp_path_factory.mktemp("model") / "centroid.tflite"))


def picture(seed=0):
    return np.ascontiguousarray(colours(seed)[:, :, ::-1])


def test_paths_for_native_code_begin_at_the_root_and_are_in_utf_8(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert native_path("10:15.mp4") == f"{tmp_path}/10:15.mp4"
    assert native_path("/a/../b.mp4") == "/a/../b.mp4"  # where a is a link, .. is not what stands before it
    with pytest.raises(EdgeError, match="UTF-8"):
        native_path(f"{LATIN1}.mp4")


def test_videos_are_read_from_and_recorded_to_paths_with_colons(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model, reference = write_centroid(tmp_path / "model.tflite"), write_picture(tmp_path / "cup.png")
    line = ["--model", str(model), "--reference", reference, "--headless", "--max-frames", "2"]
    assert command.main([*line, "--source", "sim", "--out", "2026-11-28T17:03"]) == 0
    os.rename("2026-11-28T17:03/video.mp4", "10:15:00.mp4")
    with open_source("10:15:00.mp4") as source:
        assert len(list(source)) == 2


def test_what_native_code_would_die_of_is_one_line(tmp_path):
    (tmp_path / f"{LATIN1}.mp4").write_bytes(b"")
    for spec in (str(tmp_path / f"{LATIN1}.mp4"), f"/dev/{LATIN1}", f"rtsp://host/{LATIN1}"):
        with pytest.raises(EdgeError, match="UTF-8"):
            open_source(spec)
    with pytest.raises(EdgeError, match="UTF-8"):
        Recorder(tmp_path / LATIN1)
    assert os.listdir(tmp_path) == [f"{LATIN1}.mp4"]


def test_any_text_can_be_drawn():
    canvas = np.zeros((60, 400, 3), np.uint8)
    draw_plate(canvas, f"Saved {LATIN1}/\a\n1.jpg", WHITE, (0, 60), 1.0)
    assert canvas.max() > 200  # OpenCV 4's strokes are so thin that none is quite white


def test_a_folder_of_a_gallery_that_can_not_be_shown_is_left_out_in_a_line(matcher, tmp_path, capfd):
    for name in (LATIN1, "two\nlines", "10:15", "cup"):
        write_picture(tmp_path / name / "1.png")
    gallery = Gallery(tmp_path, matcher, "a")
    assert [known.name for known in gallery.objects] == ["10:15", "cup"]
    printed = capfd.readouterr().err
    assert printed.count("\n") == 2 and "Rename the folder" in printed


def test_two_folders_that_differ_by_case_stay_two_objects(matcher, tmp_path):
    for name in ("Cup", "cup"):
        write_picture(tmp_path / name / "1.png")
    gallery = Gallery(tmp_path, matcher, "a")
    gallery.add("cup", picture(3))
    assert [(known.name, len(known.views)) for known in gallery.objects] == [("Cup", 1), ("cup", 2)]


@pytest.mark.parametrize(
    ("one", "other"), [("a:b", "a_b"), ("Cup", "cup"), ("caf\u00e9", "cafe\u0301"), ("con", "_con")]
)
def test_references_that_would_become_one_object_are_refused_with_both(one, other, tmp_path):
    paths = [write_picture(tmp_path / f"{one}.png"), write_picture(tmp_path / f"{other}.bmp", 1)]
    with pytest.raises(EdgeError, match="share a name") as caught:
        named_pictures([tmp_path])
    assert all(path in str(caught.value) for path in paths)


def test_a_file_does_not_join_a_known_object_by_case_alone(matcher, tmp_path, capfd):
    objects = Objects(matcher, Gallery(tmp_path / "things", matcher, "a"))
    write_picture(tmp_path / "Cup.png")
    write_picture(tmp_path / "cup.png", 1)
    objects.add_files([tmp_path / "Cup.png"])
    with pytest.raises(EdgeError, match=r"cup\.png.*differs from Cup"):
        objects.add_files([tmp_path / "cup.png"])
    objects.add_files([tmp_path / "Cup.png"])  # as every start of the same command does
    assert [(known.name, len(known.views)) for known in objects.known] == [("Cup", 1)]
    write_picture(tmp_path / "10:15.png", 2)
    objects.add_files([tmp_path / "10:15.png"])
    assert "10:15.png: the object is called 10_15." in capfd.readouterr().err


def test_names_that_stdout_can_not_hold_are_printed_escaped(tmp_path):
    """In a terminal of another language, and of a file whose name is not in UTF-8."""
    model = write_centroid(tmp_path / "model.tflite")
    write_picture(tmp_path / "コップ.png")
    cv2.imwrite(str(tmp_path / "a.png"), picture())
    os.rename(tmp_path / "a.png", tmp_path / f"{LATIN1}.png")

    def printed(encoding, *argv):
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        line = [sys.executable, "-m", "edge_demo", *argv, "--model", str(model)]
        return subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, check=True).stdout

    assert rb"\u30b3\u30c3\u30d7: 1 view" in printed(
        "ascii", "gallery", str(tmp_path / "g"), "--add", str(tmp_path / "コップ.png")
    )
    found = printed("utf-8:strict", "match", str(tmp_path / "コップ.png"), str(tmp_path / f"{LATIN1}.png"))
    assert rb"caf\udce9.png" in found


def test_an_error_is_one_line_whatever_a_name_brings_along(tmp_path, capfd):
    assert command.main(["match", str(tmp_path / "two\nlines\x1b[2J.png"), "b.png"]) == 2
    printed = capfd.readouterr().err
    assert printed.count("\n") == 1 and r"two\nlines\x1b[2J.png" in printed
    assert one_line("コップ, é") == "コップ, é"
