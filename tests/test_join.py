"""export.join: a model's file and those of its parts become one, or nothing. The parts are tiny ones, whose answers are known."""

import dataclasses

import edge_layout
import numpy as np
import pytest
from checks import line_of
from edge_aligner import LYING, write_lying
from edge_model import SPOTS, write_spots

from edge_demo.model import metadata as model_metadata
from edge_demo.model.layout.cells import EMPTY
from edge_demo.model.matcher import Matcher
from export import flatbuffer, join
from getnet_tf.errors import InputError

SAID = {"command": "by hand", "commit": "abc", "quantization": "none", "scores": {"auc": 0.5}}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A finder; the parts, an aligner and a describer of colours; and a model that has an aligner already: dict of paths."""
    folder = tmp_path_factory.mktemp("join")
    lying = write_lying(folder / "lying.tflite")
    model = flatbuffer.parsed(model_metadata.read_flatbuffer(lying))
    model.signatureDefs = [
        s for s in model.signatureDefs if s.signatureKey.decode() in ("align_see", "align", "bend")
    ]
    aligner = folder / "align.tflite"
    aligner.write_bytes(flatbuffer.packed(model))
    model_metadata.append_json(aligner, "alignment.json", SAID)
    return {
        "finder": write_spots(folder / "spots.tflite"),
        "aligner": aligner,
        "cells": write_part(folder / "cells.tflite", SAID | {"layout": edge_layout.DECISION}),
        "lying": lying,
    }


def write_part(path, said):
    """The file of a describer of colours, which says this of itself."""
    model = edge_layout.write_colours(path)
    path.write_bytes(model_metadata.read_flatbuffer(model))
    model_metadata.append_json(path, "cells.json", said)
    return path


@pytest.mark.parametrize(
    ("finder", "parts", "fields"),
    [
        ("finder", ["cells"], dataclasses.replace(SPOTS, cells=SAID, layout=edge_layout.DECISION)),
        (
            "finder",
            ["cells", "aligner"],
            dataclasses.replace(SPOTS, aligner=SAID, cells=SAID, layout=edge_layout.DECISION),
        ),
        ("lying", ["cells"], dataclasses.replace(LYING, cells=SAID, layout=edge_layout.DECISION)),
    ],
)
def test_a_joined_file_answers_and_says_what_all_did(finder, parts, fields, files, tmp_path):
    out, given = tmp_path / "joined.tflite", [files[name] for name in (finder, *parts)]
    assert join.main([*map(str, given), "--out", str(out)]) == 0
    expected = {}
    for path in given:
        expected |= join.answers(model_metadata.read_flatbuffer(path))
    found = join.answers(model_metadata.read_flatbuffer(out))
    assert found.keys() == expected.keys() and len(found) >= 3
    for name, answer in expected.items():
        for key, value in answer.items():
            np.testing.assert_array_equal(found[name][key], value)
    assert model_metadata.read(out) == fields


def test_what_cannot_be_joined_is_one_line(files, tmp_path, capfd):
    finder, aligner, cells, lying = files.values()
    out = tmp_path / "out.tflite"
    silent = write_part(tmp_path / "silent.tflite", SAID)
    for given, said in (
        ((lying, aligner), "lying.tflite has align, align_see, bend already, as"),
        ((finder, cells, cells), "cells.tflite has cells already, as"),
        ((finder, finder), "found no alignment.json, cells.json or telling.json behind it"),
        ((aligner, cells), "metadata.json"),
        ((finder, tmp_path / "none"), "no such file"),
        ((finder, silent), "Invalid `layout`. Expected weights where the file has `cells`"),
    ):
        assert join.main([*map(str, given), "--out", str(out)]) == 2
        assert said in line_of(capfd) and not out.exists()


def test_nothing_is_written_where_the_joined_file_computes_something_else(files, tmp_path, monkeypatch):
    """What is taken from the mean of a cell gets lost."""
    joined = join.joined

    def wrong(first, second):
        model = flatbuffer.parsed(joined(first, second))
        (gray,) = (b for b in model.buffers if b.data is not None and bytes(b.data) == EMPTY.tobytes())
        gray.data[:] = 0
        return flatbuffer.packed(model)

    monkeypatch.setattr(join, "joined", wrong)
    with pytest.raises(InputError, match="`cells` computes something else"):
        join.join(files["finder"], [files["cells"]], tmp_path / "out.tflite")
    assert not list(tmp_path.iterdir())


def test_a_joined_file_finds_this_thing(files, tmp_path):
    join.join(files["finder"], [files["cells"]], tmp_path / "joined.tflite")
    layout = Matcher(tmp_path / "joined.tflite").layout
    frame = edge_layout.frame((edge_layout.thing(160), (96, 64)))
    found = layout.find(layout.see(frame), layout.describe(edge_layout.thing(160)))[0]
    assert np.allclose(found.box_px, (96, 64, 256, 224), atol=8)
