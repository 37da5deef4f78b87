"""What `--data` names, as splits and as pairs: digits, or a folder of photos."""

import os
import pathlib
import sys

import numpy as np

from getnet_tf.data import digits
from getnet_tf.data.augment import Strengths
from getnet_tf.data.pairs import DigitPairs
from getnet_tf.data.photo_pairs import PhotoPairs
from getnet_tf.data.photos import ALONE, from_folder
from getnet_tf.data.splits import check_leakage, split_by_class, split_by_image
from getnet_tf.data.tfds_photos import from_tfds
from getnet_tf.errors import InputError

TFDS = "tfds:"  # in front of the name of a set of TensorFlow Datasets
NAMED = 5  # files that a notice lists


def is_photos(source):
    """Whether a source holds photos: a folder, or "tfds:NAME"; digits otherwise."""
    return source.startswith(TFDS) or pathlib.Path(source).is_dir()


def load(config):
    """Loads what a `DataConfig` names and splits it.

    Returns:
        dict of `digits.Digits` or of `photos.Photos`: "train", "val", "test".

    Raises:
        InputError: if the source is missing, is not what it should be, or two splits share a picture.
    """
    if not is_photos(config.source):
        return digits.load(config.source, config.seed)
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
        `digits.Digits` or `photos.Photos`; classes of a single picture are left out and named on stderr.

    Raises:
        InputError: if the source is missing or is not what it should be.
    """
    if not is_photos(config.source):
        parts = digits.load(config.source, config.seed).values()
        return digits.Digits(
            *(np.concatenate([getattr(p, name) for p in parts]) for name in ("images", "labels"))
        )
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
    return PhotoPairs(split, seed, image_hw, Strengths() if augment else None)


def image_shape(config, size):
    """(H, W, C) of the network's image: that of the digits, or photos of `size` pixels a side."""
    return (size, size, 3) if is_photos(config.source) else (*digits.IMAGE_HW, 1)


def _notice(items, what, words):
    if items:
        more = f", and {len(items) - NAMED} more" if len(items) > NAMED else ""
        print(f"{len(items)} {what}: {'; '.join(map(words, items[:NAMED]))}{more}", file=sys.stderr)
