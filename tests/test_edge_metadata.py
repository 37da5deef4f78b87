"""What a model file says about itself survives the file; what is wrong with it is one line."""

import dataclasses
import json
import zipfile

import pytest
from edge_model import CENTROID, PALETTE

from edge_demo.errors import EdgeError
from edge_demo.model import metadata

# The first bytes of any TFLite file: an offset, then the identifier. Enough for whoever doesn't run it.
FLATBUFFER = b"\x1c\x00\x00\x00TFL3" + bytes(100)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(FLATBUFFER)
    return path


def write_fields(path, fields):
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("metadata.json", fields if isinstance(fields, str) else json.dumps(fields))


def one_line(path):
    with pytest.raises(EdgeError) as caught:
        metadata.read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("written", [CENTROID, PALETTE])
def test_what_was_appended_is_read_back(path, written):
    metadata.append(path, written)
    assert metadata.read(path) == written
    assert path.read_bytes().startswith(FLATBUFFER)


def test_the_json_keys_are_the_fields(path):
    metadata.append(path, CENTROID)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["metadata.json"]
        fields = json.loads(archive.read("metadata.json"))
    assert fields["schema"] == 2
    assert fields["image_hw"] == [12, 20]
    assert fields["fit"] == {"mode": "stretch", "interpolation": "area"}
    assert fields["descriptor_shape"] is None
    assert set(fields) == {field.name for field in dataclasses.fields(CENTROID)}


def test_appending_again_replaces_and_leaves_the_same_bytes(path):
    metadata.append(path, CENTROID)
    once = path.read_bytes()
    metadata.append(path, PALETTE)
    assert metadata.read(path) == PALETTE
    metadata.append(path, CENTROID)
    assert path.read_bytes() == once


def test_a_failed_append_changes_nothing_and_leaves_nothing_behind(path):
    unwritable = dataclasses.replace(CENTROID, scores={"accuracy": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        metadata.append(path, unwritable)
    assert [path] == list(path.parent.iterdir())
    assert path.read_bytes() == FLATBUFFER


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    message = one_line(tmp_path / "none.tflite")
    assert "found no such file" in message
    assert "export/to_tflite.py" in message


def test_a_text_file_by_another_name_is_no_model(path):
    path.write_text("not a model at all")
    assert "expected a TFLite model" in one_line(path)
    with pytest.raises(EdgeError, match="expected a TFLite model"):
        metadata.append(path, CENTROID)


def test_an_empty_file_and_a_folder_are_no_models(path, tmp_path):
    path.write_bytes(b"")
    assert "expected a TFLite model" in one_line(path)
    assert "received" in one_line(tmp_path)


def test_a_model_of_another_program_has_no_metadata(path):
    assert "found none" in one_line(path)


def test_a_model_cut_short_has_no_metadata(path):
    metadata.append(path, CENTROID)
    path.write_bytes(path.read_bytes()[:-10])
    assert "cut short" in one_line(path)


def test_a_newer_schema_asks_for_an_update_whatever_else_it_says(path):
    write_fields(path, {"schema": 3, "image_hw": "by letter"})
    message = one_line(path)
    assert "newer schema 3" in message
    assert "Update edge_demo" in message


def test_what_is_not_a_json_object_is_refused(path, tmp_path):
    write_fields(path, "{broken")
    assert "to be JSON" in one_line(path)
    other = tmp_path / "other.tflite"
    other.write_bytes(FLATBUFFER)
    write_fields(other, [1, 2])
    assert "JSON object" in one_line(other)


def test_an_older_schema_asks_to_convert_again(path):
    write_fields(path, {"schema": 1, "image_hw": "by letter"})
    message = one_line(path)
    assert "older schema 1" in message
    assert "export/to_tflite.py" in message


def test_what_locates_nothing_searches_for_nothing(path):
    write_fields(path, dataclasses.asdict(PALETTE) | {"descriptor_shape": [2, 3]})
    assert "Expected null where nothing is located" in one_line(path)


OPTIONAL = ("looks", "early_no", "aligner", "layout", "cells", "telling", "seen")
NEEDED = [field.name for field in dataclasses.fields(CENTROID) if field.name not in OPTIONAL]


@pytest.mark.parametrize("name", OPTIONAL)
def test_what_not_every_model_has_may_be_left_out(path, name):
    fields = dataclasses.asdict(CENTROID)
    del fields[name]
    write_fields(path, fields)
    assert getattr(metadata.read(path), name) is None


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_field_is_named(path, name):
    fields = dataclasses.asdict(CENTROID)
    del fields[name]
    write_fields(path, fields)
    assert f"`{name}`" in one_line(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("schema", True),
        ("image_hw", [60]),
        ("image_hw", [60.0, 60.0]),
        ("image_hw", [0, 5]),
        ("channels", 2),
        ("channels", 3),  # contradicts "gray"
        ("color", "bgr"),
        ("value_range", [-1, 1]),
        ("fit", {"mode": "letterbox", "interpolation": "area"}),
        ("localiser", None),
        ("theta_kind", "homography"),
        ("theta_kind", "tps"),
        ("crop_hw", "28x28"),
        ("embedding_dim", 0),
        ("descriptor_shape", [1]),
        ("decision", "vote"),
        ("threshold", "0.5"),
        ("threshold", float("inf")),
        ("threshold", -1e308),
        ("score_curve", {"distance": [0.0, 1.0]}),
        ("score_curve", {"distance": [0.0, 1.0], "score": [1.0]}),
        ("score_curve", {"distance": [1.0, 0.0], "score": [1.0, 0.0]}),
        ("score_curve", {"distance": [0.0, 1.0], "score": [0.0, 1.0]}),
        ("score_curve", {"distance": [0.0, 1.0], "score": [2.0, 0.0]}),
        ("score_curve", {"distance": [0.0, "1"], "score": [1.0, 0.0]}),
        ("quantization", None),
        ("commit", 7),
        ("scores", []),
        ("score_curve", {"distance": [0.0, 1e308], "score": [1.0, 0.0]}),
        ("looks", {"trust": 1.0}),
        ("looks", {"trust": 1e308, "context": -1e308}),
        ("early_no", {"parts": 0.5, "heat": None}),
        ("early_no", 0.5),
        ("aligner", {"command": "by hand"}),
        ("aligner", []),
        ("layout", {"cells": 1.0}),
        ("layout", dict.fromkeys(metadata.LAYOUT_FIELDS, 1e308)),
        ("layout", []),
        ("cells", {"command": "by hand"}),
        ("telling", {"command": "by hand"}),
        ("telling", dict.fromkeys(metadata.ALIGNER_FIELDS, "")),  # contradicts no `layout`
        ("cells", dict.fromkeys(metadata.ALIGNER_FIELDS, "")),  # contradicts no `layout`
    ],
)
def test_a_field_that_is_not_as_it_must_be_is_named_with_what_came(path, name, value):
    write_fields(path, dataclasses.asdict(CENTROID) | {name: value})
    message = one_line(path)
    assert "Expected" in message
    assert "received" in message
    assert name in message or "theta_kind" in message


def test_a_model_whose_weights_changed_since_it_was_exported_is_one_line_before_anything_loads_it(path):
    metadata.append(path, CENTROID)
    content = bytearray(path.read_bytes())
    content[20] ^= 1
    path.write_bytes(content)
    assert "changed or damaged since" in one_line(path)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"threshold": 0.5', '"threshold": 1' + "0" * 400),
        ('"threshold": 0.5', '"threshold": NaN'),
        ('"threshold": 0.5', '"threshold": ' + "[" * 100_000),
        ('"commit": "0000000"', '"commit": "\\ud800"'),
    ],
)
def test_numbers_depths_and_texts_that_nothing_writes_are_one_line(path, before, after):
    metadata.append(path, CENTROID)
    flatbuffer = metadata.read_flatbuffer(path)
    text = json.dumps(dataclasses.asdict(CENTROID)).replace(before, after)
    path.write_bytes(flatbuffer)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(metadata.MEMBER, text)
    one_line(path)
