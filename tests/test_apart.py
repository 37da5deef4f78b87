"""export.apart: a file that takes minutes to make is there whole or not at all, whoever else makes one of its name."""

import os
import subprocess
import sys

import pytest
from checks import ROOT

from export.apart import apart


def test_what_is_made_gets_its_name_and_nothing_else_is_left(tmp_path):
    with apart(tmp_path / "model.tflite") as partial:
        partial.write_bytes(b"whole")
        assert not (tmp_path / "model.tflite").exists() and partial.suffix == ".tflite"
    assert os.listdir(tmp_path) == ["model.tflite"]
    assert (tmp_path / "model.tflite").read_bytes() == b"whole"


def test_of_what_fails_nothing_is_left_and_the_older_file_stays(tmp_path):
    (tmp_path / "model.tflite").write_bytes(b"older")
    with pytest.raises(KeyError), apart(tmp_path / "model.tflite") as partial:
        partial.write_bytes(b"half")
        raise KeyError
    assert os.listdir(tmp_path) == ["model.tflite"]
    assert (tmp_path / "model.tflite").read_bytes() == b"older"


def test_a_second_program_is_told_and_takes_nothing_from_the_first(tmp_path):
    out = tmp_path / "model.tflite"
    code = f"import pathlib\nfrom export.apart import apart\nwith apart(pathlib.Path({str(out)!r})): pass"
    with apart(out) as partial:
        partial.write_bytes(b"whole")
        second = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert f"process {os.getpid()} since" in second.stderr and second.returncode == 1
    assert out.read_bytes() == b"whole" and os.listdir(tmp_path) == ["model.tflite"]


def test_what_a_kill_left_is_removed_by_the_next(tmp_path):
    left = tmp_path / ".partial-model.tflite"
    left.mkdir()
    (left / "model.tflite").write_bytes(b"half")
    with apart(tmp_path / "model.tflite") as partial:
        assert not partial.exists()
        partial.write_bytes(b"whole")
    assert os.listdir(tmp_path) == ["model.tflite"]


def test_a_link_that_bears_the_name_of_what_is_not_whole_yet_is_not_followed(tmp_path):
    others = tmp_path / "others"
    others.mkdir()
    (others / "kept").touch()
    (tmp_path / ".partial-model.tflite").symlink_to(others)
    with apart(tmp_path / "model.tflite") as partial:
        partial.write_bytes(b"whole")
    assert os.listdir(others) == ["kept"] and sorted(os.listdir(tmp_path)) == ["model.tflite", "others"]
