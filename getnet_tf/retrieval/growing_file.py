"""A file that only grows: what was added is with the system at once, and on the disk when somebody asks for it."""

import os
import pathlib

from edge_demo.whole_file import append_whole, opened_to_grow


class GrowingFile:
    """A file that is opened when something is added.

    Args:
        path: of the file; it need not be there.
    """

    def __init__(self, path):
        self.path, self._file = pathlib.Path(path), None

    def extend(self, content):
        """Adds bytes at the end, all or none. Raises OSError if the disk is full, or a link or a pipe is in the file's place."""
        if self._file is None:
            self._file = opened_to_grow(self.path)
        append_whole(self._file, content)

    def sync(self):
        """Brings what was added from the system to the disk."""
        if self._file is not None:
            os.fsync(self._file.fileno())

    def close(self):
        """Closes the file; `extend` opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None
