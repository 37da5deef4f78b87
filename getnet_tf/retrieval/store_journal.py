"""The journal of a store: what its codes are of, then a line for each picture that was looked at. It only grows, until it is written anew."""

import contextlib
import json
import pathlib
import zlib

from edge_demo.own_file import is_int, parsed
from edge_demo.whole_file import write_whole
from getnet_tf.autolabel.journal import cut_half_line, whole_lines
from getnet_tf.errors import InputError
from getnet_tf.retrieval.entry import line_of, read_line
from getnet_tf.retrieval.growing_file import GrowingFile

VERSION = 1
MOST_DIM = 2**20  # numbers of a code
NAME = "journal.jsonl"


class StoreJournal(GrowingFile):
    """The lines of a folder.

    Args:
        folder: of the store.
    """

    def __init__(self, folder):
        super().__init__(pathlib.Path(folder) / NAME)

    def read(self):
        """(about, number of the file of rows, dict path -> `Entry`); None if nothing was begun.

        Raises:
            InputError: if the first line is damaged, or of another version. What another damaged line said is found out again.
        """
        lines = whole_lines(self.path)
        if not lines:
            return None
        about, number = self._first(lines[0])
        entries = {}
        for line in lines[1:]:
            with contextlib.suppress(ValueError):
                path, entry = read_line(line)
                entries[path] = entry
        return about, number, {path: entry for path, entry in entries.items() if entry is not None}

    def write(self, about, number, entries):
        """Writes it anew, whole or not at all."""
        self.close()
        first = json.dumps({"version": VERSION, "rows": number, **about})
        lines = [line_of(path, entry) for path, entry in entries.items()]
        write_whole(self.path, f"{first}\n{''.join(lines)}".encode())

    def cut(self):
        """Takes away what a kill left of a last line."""
        cut_half_line(self.path)

    def add(self, path, entry):
        """Adds a line, which is with the system when it returns; `entry` None: the picture is forgotten."""
        self.extend(line_of(path, entry).encode())

    def mark(self):
        """[length, checksum] of what it says now."""
        return self._mark(self.path.stat().st_size)

    def still_says(self, mark):
        """Whether it begins with what it said when `mark` was taken."""
        return mark[0] <= self.path.stat().st_size and self._mark(mark[0]) == list(mark)

    def _mark(self, length):
        with self.path.open("rb") as file:
            content = file.read(length)
        return [len(content), zlib.crc32(content)]

    def _first(self, line):
        try:
            about = parsed(line)
            version = about.pop("version")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._damaged() from None
        if version != VERSION:
            raise InputError(
                f"{self.path.parent}: expected an index of version {VERSION}, received {version!r:.40}. Index the pictures anew."
            )
        number = about.pop("rows", None)
        if not is_int(number, 0) or not _is_about(about):
            raise self._damaged()
        return about, number

    def _damaged(self):
        return InputError(
            f"{self.path}: expected an index, received a damaged one. Delete {self.path.parent}, and index the pictures again."
        )


def _is_about(about):
    """Whether it is what `indexing.about_of` says."""
    given = [about.get(name) for name in ("model", "head", "whitening")]
    return (
        is_int(about.get("dim"), 1, MOST_DIM)
        and isinstance(about.get("regions"), bool)
        and all(isinstance(about.get(name), str) for name in ("fingerprint", "photos"))
        and all(value is None or isinstance(value, str) for value in given)
    )
