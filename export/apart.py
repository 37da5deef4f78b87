"""Where a file is made that takes minutes: in a folder of its own beside it, which no second export of the same name enters."""

import contextlib
import os

from edge_demo.folder_lock import LOCK, FolderLock
from edge_demo.whole_file import PARTIAL, named_in_errors, remove


@contextlib.contextmanager
def apart(out):
    """A path to write to, at which there is nothing; it becomes `out` if all goes well. What a kill left of an earlier one is removed.

    Raises:
        EdgeError: if another program makes the same file, which is named.
        OSError: as the system says.
    """
    folder = out.with_name(PARTIAL + out.name)
    if folder.is_symlink() or folder.is_file():
        remove(folder)
    try:
        with FolderLock(folder):
            _empty(folder)
            try:
                with named_in_errors(out):
                    yield folder / out.name
                os.replace(folder / out.name, out)
            finally:
                _empty(folder)
    finally:
        with contextlib.suppress(
            OSError
        ):  # it is another's, or gone with the lock, which removes a folder that it made
            folder.rmdir()


def _empty(folder):
    for left in folder.iterdir():
        if left.name != LOCK:
            remove(left)
