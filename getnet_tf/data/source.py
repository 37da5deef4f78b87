"""What `--data` names, as splits and as pairs: digits, a folder of photos, or a CSV file of labelled pairs."""

import os
import pathlib
import sys

import numpy as np

from edge_demo.console import one_line
from getnet_tf.data import digits
from getnet_tf.data.augment import Strengths
from getnet_tf.data.pair_csv import LabelledPairs, read_pairs
from getnet_tf.data.pair_splits import split_pairs
from getnet_tf.data.pairs import DigitPairs
from getnet_tf.data.photo_pairs import GivenPairs, PhotoPairs
from getnet_tf.data.photos import ALONE, from_folder
from getnet_tf.data.splits import check_leakage, split_by_class, split_by_image
from getnet_tf.data.tfds_photos import from_tfds
from getnet_tf.errors import InputError

TFDS = "tfds:"  # in front of the name of a set of TensorFlow Datasets
CSV = ".csv"  # ends the name of a file of labelled pairs
NAMED = 5  # files that a notice lists


def is_photos(source):
    """Whether a source holds photos: a folder, "tfds:NAME", or pairs in a ".csv" file; digits otherwise."""
    # The path of an empty string would be the folder that the command runs in.
    return is_csv(source) or source.startswith(TFDS) or (source != "" and pathlib.Path(source).is_dir())


def is_csv(source):
    """Whether a source is a file of labelled pairs, by its name."""
    return source.lower().endswith(CSV) and not pathlib.Path(source).is_dir()


def load(config):
    """Loads what a `DataConfig` names and splits it.

    Returns:
        dict of `digits.Digits`, of `photos.Photos` or of `pair_csv.LabelledPairs`: "train", "val", "test".

    Raises:
        InputError: if the source is missing, is not what it should be, or two splits share a picture.
    """
    if not is_photos(config.source):
        if config.source not in ("digits", "mnist") and not os.path.exists(config.source):
            raise InputError(
                f"No such data: {config.source}. Expected a folder with a folder of photos per class, an .npz like "
                f"Keras's mnist.npz, or --data digits for the embedded digits."
            )
        return digits.load(config.source, config.seed)
    if is_csv(config.source):
        return _load_pairs(config)
    photos = _photos(config.source)
    split = split_by_class if config.split_by == "class" else split_by_image
    splits = split(photos, config.seed)
    for part, kept in splits.items():
        if len(kept.class_names) < 2:
            raise InputError(
                f"{config.source}: expected enough pictures for training, validation and test, received too few for "
                f"{part} ({len(photos)} pictures of {len(photos.class_names)} classes). Add pictures: 6 of each class "
                f"will do, 20 are better."
            )
    _notice(photos.skipped, "left out", lambda item: f"{item[0]} ({item[1]})")
    _notice(check_leakage(splits), "nearly the same in two splits", lambda pair: f"{pair[0]} and {pair[1]}")
    return splits


def load_whole(config):
    """Loads all that a `DataConfig` names, unsplit: for pictures that nothing was trained on.

    Returns:
        `digits.Digits`, `photos.Photos` or `pair_csv.LabelledPairs`; classes of a single picture are left out and
        named on stderr.

    Raises:
        InputError: if the source is missing or is not what it should be.
    """
    if not is_photos(config.source):
        parts = digits.load(config.source, config.seed).values()
        return digits.Digits(
            *(np.concatenate([getattr(p, name) for p in parts]) for name in ("images", "labels"))
        )
    if is_csv(config.source):
        return read_pairs(config.source)
    photos = _photos(config.source)
    alone = [path for path, reason in photos.skipped if reason == ALONE]
    _notice(
        [item for item in photos.skipped if item[1] != ALONE],
        "left out",
        lambda item: f"{item[0]} ({item[1]})",
    )
    if alone:
        names = ", ".join(os.path.dirname(path) for path in alone)
        print(f"classes of a single picture, left out: {names}", file=sys.stderr)
    return photos


def _photos(source):
    name = source.removeprefix(TFDS)
    return from_tfds(name) if source.startswith(TFDS) else from_folder(name)


def _load_pairs(config):
    if config.split_by != "image":
        raise InputError(
            f"{config.source}: pairs know no classes, and no split shares a picture with another. Leave out --split-by "
            f"{config.split_by}."
        )
    pairs = read_pairs(config.source)
    splits = split_pairs(pairs, config.seed, config.source)
    lost = len(pairs) - sum(map(len, splits.values()))
    if lost:
        print(
            f"{config.source}: {lost} of {len(pairs)} pairs left out, of label 0 and between two splits. None would be, "
            f"if the pairs fell into several groups without a common picture.",
            file=sys.stderr,
        )
    _notice(check_leakage(splits), "nearly the same in two splits", lambda pair: f"{pair[0]} and {pair[1]}")
    return splits


def pairs_of(split, config, image_hw, seed, augment=False):
    """Pairs of one split.

    Args:
        split: a value of `load`.
        config: the `DataConfig` it was loaded by.
        image_hw: (H, W) of the network's image, pixels; digits have their own.
        seed: draws partners, order, and how pictures vary.
        augment: vary every picture a little, for training.

    Returns:
        `Pairs`.
    """
    if isinstance(split, digits.Digits):
        return DigitPairs(split, config, seed, augment)
    of_split = GivenPairs if isinstance(split, LabelledPairs) else PhotoPairs
    return of_split(split, seed, image_hw, Strengths() if augment else None)


def pictures_of(split):
    """How many pictures a value of `load` has."""
    return len(split.paths if isinstance(split, LabelledPairs) else split.labels)


def image_shape(config, size):
    """(H, W, C) of the network's image: that of the digits, or photos of `size` pixels a side."""
    return (size, size, 3) if is_photos(config.source) else (*digits.IMAGE_HW, 1)


def _notice(items, what, words):
    if items:
        more = f", and {len(items) - NAMED} more" if len(items) > NAMED else ""
        line = f"{len(items)} {what}: {'; '.join(map(words, items[:NAMED]))}{more}"
        print(one_line(line), file=sys.stderr)
