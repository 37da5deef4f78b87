"""Which pictures a model has seen is told by what they show: moved, renamed, saved anew without loss, among others."""

import dataclasses
import json

import cv2
import numpy as np
import pytest
from edge_model import PALETTE, write_palette
from photo_files import write_classes, write_pairs, write_picture

from edge_demo.model import metadata
from getnet_tf import evaluate
from getnet_tf.config import DataConfig
from getnet_tf.data import source
from getnet_tf.data.pair_csv import read_pairs
from getnet_tf.data.photos import from_folder
from getnet_tf.data.seen import seen_in, split_by_seen


@pytest.fixture
def trained(tmp_path):
    """Two classes of ten pictures, their splits, and what a model remembers of them."""
    folder = write_classes(tmp_path / "photos", {"cup": 10, "pen": 10})
    splits = source.load(DataConfig(str(folder)))
    return folder, splits, seen_in(splits)


def shown(photos):
    return sorted(cv2.imread(path).tobytes() for path in photos.paths)


def test_a_moved_and_renamed_copy_falls_into_the_same_splits(trained, tmp_path):
    folder, splits, seen = trained
    for path in sorted(folder.rglob("*.png"), reverse=True):  # other names, another order, another format
        copy = (
            tmp_path
            / "moved"
            / {"cup": "Mugs", "pen": "Biros"}[path.parent.name]
            / f"{9 - int(path.stem)}.bmp"
        )
        copy.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(copy), cv2.imread(str(path)))
    found = split_by_seen(from_folder(tmp_path / "moved"), seen)
    assert {name: shown(part) for name, part in found.items()} == {
        name: shown(part) for name, part in splits.items()
    }


def test_its_own_folder_is_split_as_in_training_and_new_pictures_are_new(trained):
    folder, splits, seen = trained
    assert {name: part.paths for name, part in split_by_seen(from_folder(folder), seen).items()} == {
        name: part.paths for name, part in splits.items()
    }
    added = write_picture(
        folder / "cup" / "00.png", 99
    )  # another order: a draw by the seed would mix the splits
    found = split_by_seen(from_folder(folder), seen)
    assert set(found["test"].paths) == {*splits["test"].paths, added}
    assert found["train"].paths == splits["train"].paths


def test_of_other_pictures_nothing_is_known(trained, tmp_path):
    for i in range(2):
        write_picture(tmp_path / "other" / "a" / f"{i}.png", 50 + i)
        write_picture(tmp_path / "other" / "b" / f"{i}.png", 60 + i)
    assert split_by_seen(from_folder(tmp_path / "other"), trained[2]) is None


def test_of_pairs_those_count_whose_two_pictures_are_of_one_split(tmp_path):
    path = write_pairs(tmp_path / "pairs", 12)
    splits = source.load(DataConfig(str(path)))
    found = split_by_seen(read_pairs(path), seen_in(splits))
    assert {name: len(part) for name, part in found.items()} == {
        name: len(part) for name, part in splits.items()
    }
    assert set(found["test"].paths) == set(splits["test"].paths)


@pytest.mark.parametrize(
    ("split", "name"), [([], "test"), (["--split", "train"], "train"), (["--split", "all"], "all")]
)
def test_a_file_is_evaluated_on_what_it_has_not_seen_wherever_that_lies(
    trained, tmp_path, split, name, capsys
):
    folder, splits, seen = trained
    counts = {name: len(part) for name, part in splits.items()}
    model, out = write_palette(tmp_path / "model.tflite"), tmp_path / "scores.json"
    metadata.append(model, dataclasses.replace(PALETTE, seen=seen))
    folder.rename(tmp_path / "moved")
    line = ["--model", str(model), "--data", str(tmp_path / "moved"), "--json", str(out), *split]
    assert evaluate.main(line) == 0
    found = json.loads(out.read_text())
    assert (found["split"], found["pictures"]) == (name, counts.get(name, 20))
    if name != "all":
        assert f"{name}: {counts[name]} of 20 pictures" in capsys.readouterr().err


def test_where_all_was_seen_nothing_is_measured(trained, tmp_path, capsys):
    folder, splits, seen = trained
    model = write_palette(tmp_path / "model.tflite")
    metadata.append(model, dataclasses.replace(PALETTE, seen=seen))
    for path in splits["test"].paths:
        cv2.imwrite(path, np.zeros((4, 4, 3), np.uint8))  # too small: left out
    assert evaluate.main(["--model", str(model), "--data", str(folder)]) == 2
    assert "expected pictures of test" in capsys.readouterr().err.splitlines()[-1]


def test_digits_have_no_files_to_be_known_by(digits_file):
    assert seen_in(source.load(DataConfig(str(digits_file)))) is None
