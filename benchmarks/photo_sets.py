"""The photos that benchmarks and the shipped model learn from, choose by, and are tested on.

Caltech-101 (CC BY 4.0), 60 of its classes: 40 train, 8 choose, 12 test, by a seed. Grocery Store (MIT): its `train`
minus every seventh picture of a class, by which is chosen; tested on its `val`.
"""

import csv
import pathlib

import numpy as np

from getnet_tf.data.photos import Photos, from_folder
from getnet_tf.data.splits import split_by_class
from getnet_tf.errors import InputError

BACKGROUNDS = "BACKGROUND_Google"  # Caltech's folder of pictures of anything
CALTECH_CLASSES = (40, 8, 12)
HELD_OUT = 4
CHOSEN_BY = 7  # every so many pictures of a Grocery class are chosen by


def caltech(data, seed):
    """dict of `Photos`: "train", "val", "test", of different classes."""
    photos = from_folder(_folder(data, "caltech101"))
    kept = [i for i, label in enumerate(photos.labels) if photos.class_names[label] != BACKGROUNDS]
    return split_by_class(photos.subset(np.array(kept)), seed, CALTECH_CLASSES)


def grocery_names(data, which="fine"):
    """Names of all products in the order of their numbers: "fine", or those of their "coarse" classes."""
    with open(_folder(data, "grocery") / "classes.csv", newline="") as file:
        return [
            row[{"fine": "Class Name (str)", "coarse": "Coarse Class Name (str)"}[which]]
            for row in csv.DictReader(file)
        ]


def grocery(data):
    """dict of `Photos`: "train", "val", "test", of the same products."""
    folder, names = _folder(data, "grocery"), grocery_names(data)
    given = {part: _listed(folder, part, names) for part in ("train", "val")}
    place = np.zeros(len(given["train"][0]), int)
    for name in set(given["train"][1]):
        own = [i for i, other in enumerate(given["train"][1]) if other == name]
        place[own] = np.arange(len(own))
    choosing = place % CHOSEN_BY == CHOSEN_BY - 1
    return {
        "train": _photos(*given["train"], np.flatnonzero(~choosing)),
        "val": _photos(*given["train"], np.flatnonzero(choosing)),
        "test": _photos(*given["val"]),
    }


def together(*splits):
    """Several sets as one: dict of `Photos` for "train", "val" and "test"."""
    joined = {}
    for part in ("train", "val", "test"):
        photos, first, labels = [s[part] for s in splits], 0, []
        for p in photos:
            labels.append(p.labels + first)
            first += len(p.class_names)
        joined[part] = Photos(
            sum((p.paths for p in photos), ()),
            np.concatenate(labels),
            sum((p.class_names for p in photos), ()),
        )
    return joined


def backgrounds(data, held_out):
    """Paths of the pictures of anything: every fourth is held out from training."""
    files = sorted(map(str, (_folder(data, "caltech101") / BACKGROUNDS).glob("*.jpg")))
    return [file for i, file in enumerate(files) if (i % HELD_OUT == HELD_OUT - 1) == held_out]


def training_backgrounds(data, folder):
    """A folder of links to the pictures of anything that are not held out; returns its path."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for path in map(pathlib.Path, backgrounds(data, held_out=False)):
        link = folder / path.name
        if not link.is_symlink():
            link.symlink_to(path.resolve())
    return folder


def _folder(data, name):
    folder = pathlib.Path(data) / name
    if not folder.is_dir():
        raise InputError(f"No {name}/ in {data}. Expected --data with caltech101/ and grocery/.")
    return folder


def _listed(folder, part, names):
    rows = [line.split(",") for line in (folder / f"{part}.txt").read_text().splitlines() if line]
    return [str(folder / row[0].strip()) for row in rows], [names[int(row[1])] for row in rows]


def _photos(paths, names, index=None):
    index = range(len(paths)) if index is None else index
    classes, labels = np.unique([names[i] for i in index], return_inverse=True)
    return Photos(tuple(paths[i] for i in index), labels.astype(np.int64), tuple(map(str, classes)))
