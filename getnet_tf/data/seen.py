"""Which pictures a model was trained on: known by what they show, so that a moved, renamed or copied file is still the same picture."""

import numpy as np

from getnet_tf.data.fingerprint import fingerprints
from getnet_tf.data.pair_csv import LabelledPairs

DIGITS = 16  # hexadecimal ones of a fingerprint that are kept: two of a million pictures share them once in 37 million sets
NEW = "test"  # what a model was neither trained nor calibrated on


def seen_in(splits):
    """What a model is to remember of its training.

    Args:
        splits: dict of `Photos` or `LabelledPairs`, or of what has no files: "train", "val".

    Returns:
        {"train": hexadecimal digits, "val": ...}, the fingerprints of the pictures in a row; None without files.

    Raises:
        InputError: if a picture can't be read.
    """
    if not all(hasattr(splits[name], "paths") for name in ("train", "val")):
        return None
    return {name: "".join(sorted(_prints(splits[name].paths))) for name in ("train", "val")}


def split_by_seen(pictures, seen):
    """Splits pictures by what a model has seen of them.

    Args:
        pictures: `Photos` or `LabelledPairs`, as `source.load_whole` gives them.
        seen: as `seen_in` gives it.

    Returns:
        dict of the same kind: "train", "val", and as "test" all others; pairs between two of them are in none. Or None if it has seen
        none of them.

    Raises:
        InputError: if a picture can't be read.
    """
    known = {print_: name for name in seen for print_ in _cut(seen[name])}
    names = np.array([known.get(print_, NEW) for print_ in _prints(pictures.paths)])
    if (names == NEW).all():
        return None
    return {name: pictures.subset(_places(pictures, names == name)) for name in ("train", "val", NEW)}


def _places(pictures, among):
    """Where the photos, or the pairs of two pictures, are that are all among some: (K,) int."""
    if isinstance(pictures, LabelledPairs):
        return np.flatnonzero(among[pictures.index0] & among[pictures.index1])
    return np.flatnonzero(among)


def _prints(paths):
    return [exact.hex()[:DIGITS] for exact in fingerprints(paths).exact]


def _cut(digits):
    return [digits[place : place + DIGITS] for place in range(0, len(digits), DIGITS)]
