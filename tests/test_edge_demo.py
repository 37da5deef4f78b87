"""`python -m edge_demo demo`, with the model that ships and the film that comes along."""

import re

import cv2
import numpy as np
import pytest

from edge_demo import __main__ as command
from edge_demo.camera.sources import open_source
from edge_demo.commands.demo import FILM, REFERENCE, _write
from edge_demo.finder import Finder

AWAY = range(
    41, 54
)  # frames of the film that show nothing of the mug, as getnet_tf/data/example_film.py drew them


def test_the_demo_finds_the_mug_while_it_is_there_and_says_what_to_do_next(tmp_path, capsys):
    out = tmp_path / "found.jpg"
    assert command.main(["demo", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    found, frames = map(int, re.search(r"found the mug in (\d+) of (\d+) frames", said).groups())
    assert frames == 75 and 45 <= found <= 75 - len(AWAY)
    assert "python -m edge_demo match THING.jpg PICTURE.jpg" in said
    reference, picture = cv2.imread(str(REFERENCE)), cv2.imread(str(out))
    assert picture.shape == (480, 640 + reference.shape[1], 3)


def test_the_mug_is_found_until_it_goes_and_again_when_it_is_back_and_another_mug_is_none():
    """Scores are steadied, so it takes frames to go and to come; at half of the usual level the other mug is none either."""
    finder = Finder(level=0.5)
    finder.add("mug", REFERENCE)
    with open_source(str(FILM)) as film:
        found = [bool(own) for _, own in finder.follow(film)]
    assert all(found[: AWAY[0] - 3])
    assert not any(found[AWAY[4] : AWAY[-1]])
    assert all(found[-10:])


@pytest.mark.parametrize(
    ("name", "begins"), [("found.png", b"\x89PNG"), ("found.jpg", b"\xff\xd8"), ("found", b"\xff\xd8")]
)
def test_the_picture_is_what_its_name_says(tmp_path, name, begins):
    _write(tmp_path / name, np.zeros((8, 8, 3), np.uint8))
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_a_picture_that_cannot_be_written_is_one_line(tmp_path, capsys):
    assert command.main(["demo", "--out", str(tmp_path / "none" / "found.jpg")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_version_is_said(capsys):
    assert command.main(["--version"]) == 0
    assert re.fullmatch(r"getnet \d+\.\d+\.\d+\n", capsys.readouterr().out)
