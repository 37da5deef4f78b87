"""A file that only grows: what was added is with the system at once, and on the disk when somebody asks for it."""

import os
import pathlib


class GrowingFile:
    """A file that is opened when something is added.

    Args:
        path: of the file; it need not be there.
    """

    def __init__(self, path):
        self.path, self._file = pathlib.Path(path), None

    def extend(self, content):
        """Adds bytes at the end. Raises OSError if the disk is full."""
        if self._file is None:
            self._file = self.path.open("ab")
        self._file.write(content)
        self._file.flush()

    def sync(self):
        """Brings what was added from the system to the disk."""
        if self._file is not None:
            os.fsync(self._file.fileno())

    def close(self):
        """Closes the file; `extend` opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None
