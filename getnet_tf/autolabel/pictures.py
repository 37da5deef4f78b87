"""The pictures of a set, by their paths."""

import os
import pathlib

from getnet_tf.data.picture import SUFFIXES
from getnet_tf.errors import InputError


def pictures_of(root, leave_out=None):
    """Paths of all pictures below a folder, relative to it, with "/", sorted; hidden files and folders are left out.

    Args:
        root: the folder.
        leave_out: a folder that is not looked into, such as that of the results; None: nothing.

    Raises:
        InputError: if `root` is no folder, or holds no picture, or a folder in it can't be read.
    """
    root = pathlib.Path(root)
    if not root.is_dir():
        found = "a file" if root.exists() else "nothing"
        raise InputError(f"{root}: expected a folder of pictures, found {found}. Check the path.")
    hidden = None if leave_out is None else os.path.realpath(leave_out)
    paths = []
    for folder, inside, names in os.walk(root, onerror=_stop):
        inside[:] = [
            name
            for name in inside
            if not name.startswith(".") and os.path.realpath(os.path.join(folder, name)) != hidden
        ]
        below = pathlib.Path(folder).relative_to(root)
        paths += [(below / name).as_posix() for name in names]
    return pictures_among(root, paths)


def pictures_among(root, paths):
    """Those of the paths below a folder that are of pictures, sorted, without hidden files and folders.

    Raises:
        InputError: if there is none.
    """
    paths = sorted(
        path
        for path in paths
        if path.lower().endswith(SUFFIXES) and not any(part.startswith(".") for part in path.split("/"))
    )
    if not paths:
        kinds = ", ".join(suffix[1:] for suffix in SUFFIXES)
        raise InputError(f"{root}: expected pictures ({kinds}), found none. Check the path.")
    return paths


def _stop(error):
    """Else pictures would be left out and nobody told."""
    raise InputError(
        f"{error.filename}: expected a readable folder, received: {error.strerror}. Make it readable, or move it away."
    )
