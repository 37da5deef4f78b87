"""Photos of labelled classes: a folder per class, every picture checked once before anything learns from it."""

import collections
import concurrent.futures
import contextlib
import dataclasses
import hashlib
import pathlib

import cv2
import numpy as np

from edge_demo.picture_files import PICTURE_SUFFIXES
from getnet_tf.data.picture import DamagedPicture, decode, read_content
from getnet_tf.data.picture_tree import tree_of
from getnet_tf.errors import InputError

ALONE = "the only picture of its class"  # why a picture is left out
ADVICE = "Put the pictures of each class into a folder of their own."


@dataclasses.dataclass(frozen=True, eq=False)
class Photos:
    """Picture files with their classes."""

    paths: tuple[str, ...]  # N files
    labels: np.ndarray  # (N,) int64, places in `class_names`
    class_names: tuple[str, ...]  # every one has a picture
    skipped: tuple[tuple[str, str], ...] = ()  # files that were left out: (path, reason)

    def __len__(self):
        return len(self.paths)

    def subset(self, index):
        """Some of the photos, in the order of `index` (M,) int; classes without a picture drop out."""
        kept, labels = np.unique(self.labels[index], return_inverse=True)
        return Photos(
            tuple(self.paths[i] for i in index),
            labels.astype(np.int64),
            tuple(self.class_names[label] for label in kept),
        )


def from_folder(root):
    """Finds the classes below a folder: every folder, at any depth, that directly holds pictures is one.

    A class is named after its path below `root`, with "/" ("Fruit/Pear/Anjou"; "." for pictures in `root` itself).
    Files are pictures by suffix (`PICTURE_SUFFIXES`, in any case); hidden files and folders are left out. All pictures are
    decoded once, in parallel. Left out, and named in `skipped`:

    - what looks like a picture and is of another kind, or no file; results of ours; see `picture_tree`;
    - what cannot be read or decoded, is cut short, or is below 8 pixels on a side;
    - copies, byte by byte, of an earlier picture of the class;
    - all copies of a picture that lies in two classes: one of the labels is wrong, and nobody knows which;
    - a class's only picture, after all this: a pair needs two.

    Args:
        root: path of the folder.

    Returns:
        `Photos`, sorted by class name and file name.

    Raises:
        InputError: if `root` is no folder, or fewer than two classes with two pictures each remain.
    """
    root = pathlib.Path(root)
    if not root.is_dir():
        found = "a file" if root.exists() else "nothing"
        raise InputError(
            f"{root}: expected a folder with a folder of pictures per class, found {found}. {ADVICE}"
        )
    tree = tree_of(root)
    skipped = [(str(path), reason) for path, reason in (*tree.left_out, *tree.passed_by, *tree.unreadable)]
    files = sorted((tree.below(path.parent), str(path)) for path in tree.pictures)
    if not files:
        kinds = ", ".join(suffix[1:] for suffix in PICTURE_SUFFIXES)
        left_out = f"; {_first_of(skipped)}" if skipped else ""
        raise InputError(
            f"{root}: expected folders of pictures ({kinds}), found no picture{left_out}. {ADVICE}"
        )
    files = _without_single(_without_copies(_without_damaged(files, skipped), skipped), skipped)
    skipped = tuple(sorted(skipped))
    names = sorted({name for name, _ in files})
    if len(names) < 2:
        only = f" ({names[0]}: {len(files)})" if names else ""
        left_out = f"; {_first_of(skipped)}" if skipped else ""
        raise InputError(
            f"{root}: expected two classes with two pictures each or more, found {len(names)}{only}{left_out}. {ADVICE}"
        )
    place = {name: i for i, name in enumerate(names)}
    labels = np.array([place[name] for name, _ in files], np.int64)
    return Photos(tuple(path for _, path in files), labels, tuple(names), skipped)


def _first_of(skipped):
    return f"{len(skipped)} left out, the first is {skipped[0][0]}: {skipped[0][1]}"


def _without_damaged(files, skipped):
    """Decodes all files; returns the good ones as (class name, path, digest of the bytes)."""
    with _quiet_opencv(), concurrent.futures.ThreadPoolExecutor() as pool:
        digests = list(pool.map(_digest, (path for _, path in files)))
    good = []
    for (name, path), digest in zip(files, digests, strict=True):
        if isinstance(digest, DamagedPicture):
            skipped.append((path, str(digest)))
        else:
            good.append((name, path, digest))
    return good


def _digest(path):
    try:
        content = read_content(path)
        decode(content)
    except DamagedPicture as error:
        return error
    return hashlib.blake2b(content, digest_size=16).digest()


@contextlib.contextmanager
def _quiet_opencv():
    """Damaged pictures are reported in our words; OpenCV's, about each of them, would drown it."""
    log = cv2.utils.logging
    before = log.getLogLevel()
    log.setLogLevel(log.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        log.setLogLevel(before)


def _without_copies(files, skipped):
    """(class name, path, digest) -> (class name, path)."""
    copies = collections.defaultdict(list)
    for name, path, digest in files:
        copies[digest].append((name, path))
    dropped = {}
    for group in copies.values():
        first_name, first = group[0]
        if all(name == first_name for name, _ in group):
            dropped.update((path, f"a copy of {first}") for _, path in group[1:])
            continue
        for name, path in group:
            elsewhere = next(other for other_name, other in group if other_name != name)
            dropped[path] = f"a copy of {elsewhere}, which is of another class"
    skipped.extend(dropped.items())
    return [(name, path) for name, path, _ in files if path not in dropped]


def _without_single(files, skipped):
    counts = collections.Counter(name for name, _ in files)
    skipped.extend((path, ALONE) for name, path in files if counts[name] == 1)
    return [(name, path) for name, path in files if counts[name] > 1]
