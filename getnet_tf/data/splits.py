"""Photos -> train, validation and test: by image, or by class so that test classes were never seen; and a check."""

import itertools
import os

import numpy as np

from getnet_tf.data.fingerprint import fingerprints, near_pairs
from getnet_tf.errors import InputError

NAMES = ("train", "val", "test")
FEWEST = 2  # pictures of a class that a pair needs, and classes that a split needs
LISTED = 3  # pairs of files that an error names


def split_by_image(photos, seed, shares=(0.8, 0.1, 0.1)):
    """Splits the pictures of every class; all splits know all classes, as far as their pictures go.

    Each split gets at least two pictures of a class, else none: a class of 4 or 5 pictures goes to two splits, a
    smaller one to train alone. Which splits go without: those of the smallest share, val before test.

    Args:
        photos: `Photos`.
        seed: draws who goes where.
        shares: of train, val and test; each 0 or more, together 1.

    Returns:
        dict of `Photos`: "train", "val", "test".

    Raises:
        ValueError: if the shares are not so.
    """
    _check_shares(shares)
    rng = np.random.default_rng(seed)
    parts = [[], [], []]
    for label in range(len(photos.class_names)):
        own = rng.permutation(np.flatnonzero(photos.labels == label))
        ends = np.cumsum(_apportion(len(own), shares))
        for part, index in zip(parts, np.split(own, ends[:-1]), strict=True):
            part.append(index)
    return {
        name: photos.subset(np.sort(np.concatenate([np.empty(0, np.int64), *part])))
        for name, part in zip(NAMES, parts, strict=True)
    }


def split_by_class(photos, seed, shares=(0.6, 0.2, 0.2)):
    """Splits the classes: no class of one split is in another, so val and test measure classes never seen.

    Args:
        photos: `Photos`.
        seed: draws which class goes where.
        shares: of train, val and test, together 1; or three ints, numbers of classes: what exceeds them is left out.

    Returns:
        dict of `Photos`: "train", "val", "test". Each has two classes or more, or none where its share is 0.

    Raises:
        InputError: if there are too few classes.
        ValueError: if the shares are not so.
    """
    count = len(photos.class_names)
    if all(isinstance(share, int) for share in shares):
        counts = list(shares)
        if len(counts) != len(NAMES) or any(n != 0 and n < FEWEST for n in counts):
            raise ValueError(
                f"Invalid `shares`. Expected three numbers of classes, 0 or >= 2. Received: {shares}."
            )
        if sum(counts) > count:
            raise InputError(
                f"A split by class into {counts[0]} + {counts[1]} + {counts[2]} needs {sum(counts)} classes, received "
                f"{count}. Ask for fewer, or add classes."
            )
    else:
        _check_shares(shares)
        counts = _apportion(count, shares)
        needed = FEWEST * sum(share > 0 for share in shares)
        if count < needed:
            raise InputError(
                f"A split by class needs {needed} classes, two in each part, received {count}. Add classes, or split "
                f"by image."
            )
    order = np.random.default_rng(seed).permutation(count)
    parts = np.split(order, np.cumsum(counts))[: len(NAMES)]
    return {
        name: photos.subset(np.flatnonzero(np.isin(photos.labels, part)))
        for name, part in zip(NAMES, parts, strict=True)
    }


def _check_shares(shares):
    if len(shares) != len(NAMES) or not all(share >= 0 for share in shares) or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"Invalid `shares`. Expected three numbers >= 0 with sum 1. Received: {shares}.")


def _apportion(count, shares):
    """Whole numbers with sum `count`, close to `shares` of it, none of them 1 if that is possible, 0 where a share is."""
    by_share = sorted((i for i in (0, 2, 1) if shares[i] > 0), key=lambda i: -shares[i])
    served = by_share[: max(1, count // FEWEST)]
    counts = [min(FEWEST, count) if i in served else 0 for i in range(len(shares))]
    for _ in range(count - sum(counts)):
        counts[max(served, key=lambda i: shares[i] * count - counts[i])] += 1
    return counts


def check_leakage(splits):
    """Looks for pictures that are in two splits.

    Args:
        splits: dict of `Photos`. Every picture is decoded once.

    Returns:
        List of (path, path) in different splits that look alike without being equal: the same picture saved again,
        resized or brightened, or two frames of one moment. For a person to judge; see `fingerprint.near_pairs`.

    Raises:
        InputError: if two splits share a file, or hold files that decode to the same pixels; the first are named.
    """
    paths = {name: [os.path.realpath(path) for path in photos.paths] for name, photos in splits.items()}
    _refuse(splits, paths, "the same file")
    prints = {name: fingerprints(photos.paths) for name, photos in splits.items()}
    _refuse(splits, {name: found.exact for name, found in prints.items()}, "the same picture")
    return [
        (splits[one].paths[i], splits[other].paths[j])
        for one, other in itertools.combinations(splits, 2)
        for i, j in near_pairs(prints[one], prints[other])
    ]


def _refuse(splits, keys, what):
    """Raises InputError if a key is in two splits; `keys` has one for every photo."""
    shared = []
    for one, other in itertools.combinations(splits, 2):
        place = {key: path for key, path in zip(keys[one], splits[one].paths, strict=True)}
        shared += [
            f"{place[key]} ({one}) and {path} ({other})"
            for key, path in zip(keys[other], splits[other].paths, strict=True)
            if key in place
        ]
    if shared:
        more = f", and {len(shared) - LISTED} more" if len(shared) > LISTED else ""
        raise InputError(
            f"Splits must not share pictures, received {what} in two: {'; '.join(shared[:LISTED])}{more}. Remove one "
            f"of each."
        )
