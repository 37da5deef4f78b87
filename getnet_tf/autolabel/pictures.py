"""The pictures of a set, by their paths."""

import pathlib

from edge_demo.picture_files import PICTURE_SUFFIXES, say_left_out, unread_kind
from getnet_tf.autolabel.label import Failure
from getnet_tf.data.picture_tree import tree_of
from getnet_tf.errors import InputError


def pictures_of(root, leave_out=None):
    """The pictures below a folder, as `picture_tree` finds them; results of earlier runs are left out, and named on stderr.

    Args:
        root: the folder.
        leave_out: a folder that is not looked into, such as that of the results; None: nothing.

    Returns:
        (paths, failures): paths relative to the root, with "/", sorted; a `Failure` for each file that looks like a picture and
        can't be read as one.

    Raises:
        InputError: if `root` is no folder, or holds no picture, or a folder in it can't be read.
    """
    root = pathlib.Path(root)
    if not root.is_dir():
        found = "a file" if root.exists() else "nothing"
        raise InputError(f"{root}: expected a folder of pictures, found {found}. Check the path.")
    tree = tree_of(root, leave_out)
    for folder, reason in tree.unreadable:  # else pictures would be left out and nobody told
        raise InputError(f"{folder}: {reason}. Make it readable, or move it away.")
    failures = [Failure(tree.below(path), reason) for path, reason in tree.left_out]
    paths = _some(root, map(tree.below, tree.pictures), failures)
    say_left_out(tree.passed_by)
    return paths, failures


def pictures_among(root, paths):
    """Those of the paths below a folder that are of pictures, without hidden files and folders: as `pictures_of`.

    Raises:
        InputError: if there is none.
    """
    plain = [path for path in paths if not any(part.startswith(".") for part in path.split("/"))]
    failures = [Failure(path, unread_kind(path)) for path in sorted(plain) if unread_kind(path)]
    return _some(
        root, (path for path in plain if path.lower().endswith(PICTURE_SUFFIXES)), failures
    ), failures


def _some(root, paths, failures):
    paths = sorted(paths)
    if not paths:
        kinds = ", ".join(suffix[1:] for suffix in PICTURE_SUFFIXES)
        others = f", and {len(failures)} like {failures[0].path}: {failures[0].reason}" if failures else ""
        raise InputError(f"{root}: expected pictures ({kinds}), found none{others}. Check the path.")
    return paths
