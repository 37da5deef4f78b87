"""Numbers on command lines: those in bounds are read, all others are a line that says which are."""

import argparse
import importlib

import pytest

from edge_demo.bounds import number, positive, seed, whole


def test_numbers_in_bounds_are_read():
    assert [whole(2, 30)(text) for text in ("2", "30")] == [2, 30]
    assert [number(0.5, 2)(text) for text in ("0.5", "1e0", "2")] == [0.5, 1.0, 2.0]
    assert seed("0") == 0 and positive("1") == 1


@pytest.mark.parametrize("text", ["", "1", "31", "-2", "2.0", "1e1", "x", "³", "9" * 5000])
def test_whole_numbers_out_of_bounds_are_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="a whole number from 2 to 30, received: '") as error:
        whole(2, 30)(text)
    assert len(str(error.value)) < 160


@pytest.mark.parametrize("text", ["", "0.4", "2.1", "-1", "nan", "inf", "1e308", "x", "9" * 5000])
def test_numbers_out_of_bounds_are_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match=r"percent from 0\.5 to 2, received: '") as error:
        number(0.5, 2, "percent")(text)
    assert len(str(error.value)) < 160


@pytest.mark.parametrize(
    ("command", "argv"),
    [
        ("edge_demo.__main__", ["--source", "sim", "--seed=-1"]),
        *[
            ("edge_demo.__main__", ["doctor", f"--seconds={text}"])
            for text in ("nan", "inf", "1e308", "0", "-1")
        ],
        ("getnet_tf.retrieval.__main__", ["evaluate", "photos", "--seed=-1"]),
        ("getnet_tf.retrieval.__main__", ["search", "index", "cup.jpg", "--top=0"]),
        ("getnet_tf.retrieval.whiten", ["photos", "--out", "white.npz", "--dim=0"]),
        ("getnet_tf.retrieval.whiten", ["photos", "--out", "white.npz", "--power=inf"]),
        ("getnet_tf.data.preview", ["--out", "sheet.png", "--pairs=0"]),
        ("getnet_tf.data.preview", ["--out", "sheet.png", "--seed=-1"]),
        ("getnet_tf.evaluate", ["--model", "model.keras", "--seed=-1"]),
        ("export.benchmark", ["run", "--out", "variants", "--pairs=-1"]),
    ],
    ids=lambda argument: argument[-1] if isinstance(argument, list) else argument,
)
def test_options_out_of_bounds_are_refused_before_anything_begins(command, argv, capsys):
    with pytest.raises(SystemExit) as end:
        importlib.import_module(command).main(argv)
    option, value = argv[-1].split("=")
    assert end.value.code == 2
    assert f"argument {option}: expected a" in (error := capsys.readouterr().err)
    assert error.rstrip().endswith(f"received: '{value}'")
