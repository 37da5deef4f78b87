"""What a training leaves behind: settings, log, moving boxes, the state to resume from, and the model.

RUN/config.json   the resolved settings
RUN/log.csv       one row per log interval
RUN/boxes.jsonl   target areas of a few fixed validation pictures, one line per log interval
RUN/state.npz     every variable, replaced at each interval; removed when training is done
RUN/model.keras   the checkpoint
"""

import csv
import io
import json
import pathlib

from edge_demo.folder_lock import LOCK
from edge_demo.native_path import drawable, native_path
from edge_demo.own_file import Damaged, is_int, is_number, parsed, read_json
from edge_demo.whole_file import write_whole
from getnet_tf.data import source
from getnet_tf.errors import InputError

WATCHED_PAIRS = 250  # validation pairs looked at in each interval
WATCHED_PICTURES = 6  # whose boxes are kept
FILES = ("model.keras", "state.npz", "log.csv", "boxes.jsonl")  # that a run goes on from, if they are there
CACHE = "cache"  # until the training is done
FOLDERS = ("tensorboard", CACHE)


def pair_seeds(seed):
    """The seeds of a run's training, validation and fine-tuning pairs: (int, int, int), apart from other runs'."""
    return 3 * seed, 3 * seed + 1, 3 * seed + 2


def validation_pairs(config):
    """The validation pairs of a run (`RunConfig`): what it is calibrated on and what it watches."""
    split = source.load(config.data)["val"]
    return source.pairs_of(split, config.data, config.model.image_hw, pair_seeds(config.train.seed)[1])


def write_text(path, text):
    """Writes a file of text, in UTF-8, what that can't hold in ASCII as in names of files: it is there whole or not at all."""
    write_whole(pathlib.Path(path), drawable(text).encode())


def check(folder, config, resume):
    """Whether a run may use a folder; writes nothing.

    Args:
        folder: path.
        config: `RunConfig`, or another class of settings with `from_json` and `to_json`.
        resume: go on in a folder that was begun with the same settings.

    Raises:
        InputError: if the folder holds another run, one that `resume` was not asked for, or something in place of its files.
        EdgeError: if its path isn't in UTF-8.
    """
    native_path(folder)  # TensorFlow's own files, in the middle of the training, can't be written there
    folder = pathlib.Path(folder)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file. Expected a folder for the run; give another --out.")
    settings = folder / "config.json"
    if settings.is_file():
        if not resume:
            raise InputError(
                f"{folder} holds a run already. Add --resume to go on with it, or give another --out."
            )
        try:
            begun_with = read_json(settings)
        except Damaged as error:
            raise InputError(f"{settings} is damaged ({error}). Give another --out.") from error
        try:
            # Settings that an earlier version did not have yet are at their defaults.
            same = type(config).from_json(begun_with) == config
        except ValueError:
            same = False
        if not same:
            raise InputError(f"{folder} was begun with other settings (its config.json). Give another --out.")
    elif folder.is_dir() and any(path.name != LOCK for path in folder.iterdir()):
        raise InputError(f"{folder} is not empty and holds no run. Give another --out.")
    _check_kinds(folder, FILES, "file", pathlib.Path.is_file)
    _check_kinds(folder, FOLDERS, "folder", pathlib.Path.is_dir)


def _check_kinds(folder, names, kind, is_one):
    for path in (folder / name for name in names):
        if path.exists() and not is_one(path):
            raise InputError(
                f"{path}: expected a {kind}, found none. Remove what is there, or give another --out."
            )


def begin(folder, config):
    """Makes a run's folder, with its settings inside."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "config.json", json.dumps(config.to_json(), indent=1))


def read_log(folder):
    """The rows of a run's log as dicts of strings; empty if there is none."""
    path = pathlib.Path(folder) / "log.csv"
    if not path.is_file():
        return []
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        for row in rows:
            int(row["step"])
            for name, value in row.items():
                if name != "phase" and value != "":  # the other phase's columns
                    float(value)
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise InputError(
            f"{path} is damaged ({error}). Train into another --out; to evaluate without it, remove it."
        ) from error
    return rows


def read_boxes(folder):
    """A run's moving boxes: list of {"step": int, "boxes": [[xmin, ymin, xmax, ymax], ...]}; empty if none."""
    path = pathlib.Path(folder) / "boxes.jsonl"
    if not path.is_file():
        return []
    try:
        lines = [parsed(line) for line in path.read_bytes().splitlines()]
        if not all(_is_boxes(line) for line in lines):
            raise ValueError(f"expected lines of a step and 1 to {WATCHED_PICTURES} boxes")
        if len({len(line["boxes"]) for line in lines}) > 1:
            raise ValueError("its lines have not equally many boxes")
    except ValueError as error:
        raise InputError(f"{path} is damaged ({error}). Remove it, or give another --out.") from error
    return lines


def _is_boxes(line):
    boxes = line.get("boxes") if isinstance(line, dict) else None
    if (
        not isinstance(boxes, list)
        or not 1 <= len(boxes) <= WATCHED_PICTURES
        or not is_int(line.get("step"), 0)
    ):
        return False
    return all(isinstance(box, list) and len(box) == 4 and all(map(is_number, box)) for box in boxes)
