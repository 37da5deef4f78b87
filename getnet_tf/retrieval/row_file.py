"""The file of a store's rows: of each code, where in its picture it is from (4 numbers, pixels), then its own numbers."""

import os
import pathlib
import zlib

import numpy as np

from edge_demo.plain_file import check_own
from edge_demo.whole_file import written_whole
from getnet_tf.retrieval.growing_file import GrowingFile

BOX = 4  # numbers of a row before its code
TYPE = np.dtype("<f4")


class RowFile(GrowingFile):
    """Rows on disk, by their numbers; it only grows, so that a number means one row for good.

    Args:
        path: of the file; it need not be there.
        dim: numbers of a code.
        count: rows that somebody knows of; what lies behind them is left of a kill.
    """

    def __init__(self, path, dim, count):
        super().__init__(path)
        self.dim, self.count = dim, count
        self._row_bytes = TYPE.itemsize * (BOX + dim)

    @property
    def there(self):
        """Whole rows that are on disk."""
        return self._size() // self._row_bytes

    def read(self):
        """(boxes_px (N, 4), codes (N, D)) of all rows, on disk."""
        if not self.count:
            return np.zeros((0, BOX), np.float32), np.zeros((0, self.dim), np.float32)
        table = np.memmap(self.path, TYPE, "r", shape=(self.count, BOX + self.dim))
        return table[:, :BOX], table[:, BOX:]

    def append(self, boxes_px, codes):
        """Adds rows, (n, 4) and (n, D); they are with the system when it returns.

        Returns:
            (number of the first, checksum of them all)

        Raises:
            OSError: if the disk is full.
        """
        content, first = _bytes(boxes_px, codes), self.count
        self.extend(content)
        self.count += len(codes)
        return first, zlib.crc32(content)

    def crc(self, first, rows):
        """The checksum of some rows."""
        with self.path.open("rb") as file:
            file.seek(first * self._row_bytes)
            return zlib.crc32(file.read(rows * self._row_bytes))

    def cut(self):
        """Takes away what lies behind the rows that somebody knows of. Raises OSError if it is a link, of which another file would lose them."""
        check_own(self.path)
        if self._size() > self.count * self._row_bytes:
            os.truncate(self.path, self.count * self._row_bytes)

    def written_anew(self, path, slices):
        """A file with these rows alone, one slice behind the other, whole or not there.

        Raises:
            OSError: if the disk is full.
        """
        boxes_px, codes = self.read()
        with written_whole(pathlib.Path(path)) as file:
            for own in slices:
                file.write(_bytes(boxes_px[own], codes[own]))
        return RowFile(path, self.dim, sum(own.stop - own.start for own in slices))

    def _size(self):
        return self.path.stat().st_size if self.path.exists() else 0


def _bytes(boxes_px, codes):
    return np.hstack([boxes_px, codes]).astype(TYPE).tobytes()
