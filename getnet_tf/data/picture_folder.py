"""A folder of pictures that nobody has labelled: which of its files are read, which are watched, and what they may show."""

import concurrent.futures
import os
import pathlib

import numpy as np

from edge_demo.picture_files import say_left_out
from getnet_tf.console import say
from getnet_tf.data.picture import read_rgb
from getnet_tf.data.picture_tree import tree_of
from getnet_tf.errors import InputError

LEAST = 20  # pictures that something can be learned from
WATCHED = 16  # one picture of so many is never learned from


def picture_files(folder, most):
    """The pictures of a folder, at any depth: sorted paths, evenly chosen where there are more than `most`.

    Files that do not decode are left out, and counted on stderr, as is what looks like a picture and isn't one.

    Raises:
        InputError: if it is no folder, or fewer than 20 pictures are left.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise InputError(f"No such folder: {folder}. Expected --data with pictures of any things and places.")
    tree = tree_of(folder)
    say_left_out([*tree.left_out, *tree.passed_by, *tree.unreadable])
    files = [tree.pictures[i] for i in evenly(len(tree.pictures), most)]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        good = list(pool.map(_decodes, files))
    paths = [str(path) for path, whole in zip(files, good, strict=True) if whole]
    if len(paths) < len(files):
        say(f"left out: {len(files) - len(paths)} of {len(files)} files, which are no whole pictures")
    if len(paths) < LEAST:
        raise InputError(f"{folder}: expected at least {LEAST} pictures, found {len(paths)}. Add pictures.")
    return paths


def evenly(count, most):
    """Places of at most `most` of `count` things, evenly among all: (n,) int."""
    return np.arange(min(count, most)) * count // max(1, min(count, most))


def some_blocks(count, most):
    """As `evenly`, but whole blocks of `WATCHED`: in each is one that is watched, so that no choice is without them."""
    blocks = evenly(-(-count // WATCHED), most // WATCHED)
    places = (blocks[:, None] * WATCHED + np.arange(WATCHED)).ravel()
    return places[places < count]


def is_watched(place):
    """Whether the picture at a place of the list, an int or an array of them, is one that is never learned from."""
    return place % WATCHED == WATCHED - 1


def labels_of(paths):
    """Numbers (N,) int of what pictures show: those of one folder may show one thing; where all lie in one, each its own."""
    folders = [os.path.dirname(path) for path in paths]
    _, labels = np.unique(folders, return_inverse=True)
    return labels if len(set(folders)) > 1 else np.arange(len(paths))


def _decodes(path):
    try:
        read_rgb(path)
    except InputError:
        return False
    return True
