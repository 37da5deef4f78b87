"""The pictures below a folder, at any depth, and what there is not taken for one: the one way in which folders are walked.

Links to folders are followed, each folder is read once, under its own name if it has one below the root. Hidden files and folders are
left out.
"""

import dataclasses
import os
import pathlib

from edge_demo.picture_files import contents_of
from getnet_tf.data.results import results_in


@dataclasses.dataclass(frozen=True)
class Tree:
    """What lies below a folder; all but `pictures` are lists of (path, reason)."""

    root: pathlib.Path
    pictures: list  # paths, sorted
    left_out: list  # files that look like pictures
    passed_by: list  # folders with results of ours, and links to folders that were read already
    unreadable: list  # folders

    def below(self, path):
        """A path as seen from the root, with "/"."""
        return path.relative_to(self.root).as_posix()


def tree_of(root, leave_out=None):
    """Walks a folder.

    Args:
        root: path.
        leave_out: a folder that is not looked into, and not mentioned, such as that of the results; None, or the root itself: nothing.
    """
    root = pathlib.Path(root)
    tree, seen = Tree(root, [], [], [], []), set()
    own = None if leave_out is None else os.path.realpath(leave_out)
    if own == os.path.realpath(root):  # who writes there says what is wrong with that
        own = None
    waiting, links = [root], []  # links wait until all other folders are read
    while waiting or links:
        folder = waiting.pop() if waiting else links.pop(0)
        real = os.path.realpath(folder)
        if real == own:
            continue
        if real in seen:
            tree.passed_by.append((folder, "a link to a folder that was read already"))
            continue
        seen.add(real)
        try:
            if folder != root and (results := results_in(folder)):
                tree.passed_by.append((folder, f"{results}, which are no photos"))
                continue
            contents = contents_of(folder)
        except OSError as error:
            tree.unreadable.append((folder, f"expected a readable folder, received: {error.strerror}"))
            continue
        tree.pictures.extend(contents.pictures)
        tree.left_out.extend(contents.left_out)
        links += [inside for inside in contents.folders if inside.is_symlink()]
        waiting += [inside for inside in reversed(contents.folders) if not inside.is_symlink()]
    for found in (tree.pictures, tree.left_out, tree.passed_by, tree.unreadable):
        found.sort()
    return tree
