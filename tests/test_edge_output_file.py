"""edge_demo.output_file: what somebody names to be written is a file, or nothing yet, and a link to one stays a link."""

import argparse
import os
import pathlib
import stat

import pytest
from checks import line_of

from edge_demo.__main__ import main as edge
from edge_demo.errors import EdgeError
from edge_demo.output_file import OutputFile, place_of
from edge_demo.whole_file import write_whole
from getnet_tf.retrieval.__main__ import main as retrieval


@pytest.fixture
def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def is_pipe(path):
    return stat.S_ISFIFO(os.lstat(path).st_mode)


def test_an_option_gives_the_place_that_a_link_leads_to(tmp_path):
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, action=OutputFile)
    os.symlink("there", tmp_path / "link")
    out = parser.parse_args(["--out", str(tmp_path / "link")]).out
    write_whole(out, b"content")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "there").read_bytes() == b"content"
    assert parser.parse_args(["--out", "new"]).out == pathlib.Path("new")
    assert parser.parse_args([]).out is None


def test_a_link_to_a_pipe_is_refused_by_its_own_name(tmp_path, pipe):
    os.symlink(pipe, tmp_path / "link")
    with pytest.raises(EdgeError, match="link: expected a file to write, received: a pipe, which is no file"):
        place_of(tmp_path / "link")


@pytest.mark.parametrize(
    ("main", "line"),
    [
        (edge, ["demo", "--out"]),
        (edge, ["match", "--pairs", "none.csv", "--overwrite", "--out"]),
        (retrieval, ["search", "none", "none.png", "--json"]),
        (retrieval, ["search", "none", "none.png", "--html"]),
    ],
    ids=["demo", "pairs", "answers", "page"],
)
def test_a_pipe_as_an_output_is_one_line_before_any_work_and_stays(main, line, pipe, capfd):
    assert main([*line, str(pipe)]) == 2
    assert line_of(capfd).startswith(f"error: {pipe}: expected a file to write, received: a pipe")
    assert is_pipe(pipe)


def test_the_writer_itself_replaces_no_pipe(pipe):
    with pytest.raises(OSError, match="pipe") as caught:
        write_whole(pipe, b"content")
    assert caught.value.strerror == "a pipe, which is no file"
    assert is_pipe(pipe) and os.listdir(pipe.parent) == ["pipe"]
