"""The codes of a folder of pictures, kept in a folder so that a killed run goes on where it was.

    INDEX/journal.jsonl      what the codes are of, then a line for each picture: which rows are its, or why it has none
    INDEX/rows-N.f32         the rows: of each code, where in the picture it is from (4 numbers, pixels), then its own numbers

A picture's rows are on disk before its line is. So a line says what is there, and rows without one count for nothing. What was changed,
removed or damaged leaves rows behind that nobody owns; when they are too many, both files are written anew.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import zlib

import numpy as np

from edge_demo.whole_file import PARTIAL, write_whole, written_whole
from getnet_tf.autolabel.journal import whole_lines
from getnet_tf.autolabel.label import Failure
from getnet_tf.errors import InputError

VERSION = 1
JOURNAL = "journal.jsonl"
BOX = 4  # numbers of a row before its code
WASTE = 0.2  # share of the rows that may be nobody's


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a picture."""

    stamp: tuple[int, ...]  # size and time of its file
    first: int = 0  # of its rows: that of the whole picture, then those of its regions
    rows: int = 0
    crc: int = 0  # of them
    reason: str = ""  # why it has none


class Store:
    """The codes of a folder of pictures.

    Args:
        folder: of the store.
        about: dict of JSON's types; at least `fingerprint` of the coder, `dim` of its codes and `photos`, the folder of pictures.
        entries: dict path, relative to `photos`, with "/" -> `Entry`.
        number: of the file of rows.
    """

    def __init__(self, folder, about, entries, number):
        self.folder, self.about, self._entries, self._number = pathlib.Path(folder), about, entries, number
        self.dim = about["dim"]
        self._row_bytes = 4 * (BOX + self.dim)
        self._count = max((entry.first + entry.rows for entry in entries.values()), default=0)
        self._journal = self._file = None

    @classmethod
    def open(cls, folder):
        """To be read.

        Raises:
            InputError: if there is none, or it is damaged.
        """
        store = _read(pathlib.Path(folder))
        if store is None:
            raise InputError(f"{folder} holds no index. Expected the --out of a run that indexed pictures.")
        if store._size() < store._count * store._row_bytes:
            raise InputError(
                f"{store.rows_path}: expected {store._count} codes, found fewer. Index the pictures again."
            )
        return store

    @classmethod
    def begin(cls, folder, about, anew=False):
        """To be written: begun, or gone on with. Use it as a context manager.

        Raises:
            InputError: if it was begun for other codes or other pictures, or the folder holds something else.
        """
        folder = pathlib.Path(folder)
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder} is a file. Expected a folder for the index; give another --out.")
        if folder.is_dir() and any(folder.iterdir()) and not (folder / JOURNAL).exists():
            raise InputError(f"{folder} is not empty and holds no index. Give another --out.")
        store = None if anew else _read(folder)
        if store is None:
            folder.mkdir(parents=True, exist_ok=True)
            store = cls(folder, about, {}, 0)
            write_whole(folder / JOURNAL, store._first_line())
        store._check(about)
        moved, store.about = store.about != about, about
        store._clean()
        if moved:
            store.rewrite()
        return store

    @property
    def rows_path(self):
        """The file of rows."""
        return self.folder / f"rows-{self._number}.f32"

    @property
    def number(self):
        """Of the file of rows; another one after `rewrite`."""
        return self._number

    @property
    def count(self):
        """Rows, with those that are nobody's."""
        return self._count

    @property
    def paths(self):
        """Of the pictures that have codes, sorted."""
        return sorted(path for path, entry in self._entries.items() if entry.rows)

    @property
    def failures(self):
        """A `Failure` for every picture that could not be read, sorted by path."""
        return [
            Failure(path, entry.reason) for path, entry in sorted(self._entries.items()) if not entry.rows
        ]

    def rows(self):
        """(boxes_px (N, 4), codes (N, D)) of all rows, on disk."""
        if not self._count:
            return np.zeros((0, BOX), np.float32), np.zeros((0, self.dim), np.float32)
        table = np.memmap(self.rows_path, "<f4", "r", shape=(self._count, BOX + self.dim))
        return table[:, :BOX], table[:, BOX:]

    def entry(self, path):
        """What is known of a picture that has codes."""
        return self._entries[path]

    def missing(self, paths):
        """Those of `paths` that have no line yet, were changed since, or whose rows are damaged."""
        return [path for path in paths if not self._is_known(path)]

    def add(self, path, boxes_px, codes):
        """Adds a picture, or what became of it.

        Args:
            path: relative to `photos`, with "/".
            boxes_px: (n, 4), first that of the whole picture.
            codes: (n, D).

        Raises:
            OSError: if the disk is full; what was added before stays.
        """
        content = np.hstack([boxes_px, codes]).astype("<f4").tobytes()
        self._open()
        self._file.write(content)
        self._file.flush()
        entry = Entry(self._stamp(path), self._count, len(codes), zlib.crc32(content))
        self._count += len(codes)
        self._write(path, entry)

    def add_failure(self, failure):
        """Adds that a picture could not be read."""
        self._write(failure.path, Entry(self._stamp(failure.path), reason=failure.reason))

    def remove(self, path):
        """Forgets a picture that is in it."""
        self._open()
        del self._entries[path]
        self._line({"path": path, "removed": True})

    def keep_only(self, paths):
        """Forgets all others."""
        for path in self._entries.keys() - set(paths):
            self.remove(path)
        if self._count - sum(entry.rows for entry in self._entries.values()) > WASTE * self._count:
            self.rewrite()

    def owned(self):
        """Row numbers that belong to a picture, (N,) int64, sorted."""
        ranges = [np.arange(one.first, one.first + one.rows) for one in self._entries.values()]
        return np.sort(np.concatenate([np.zeros(0, np.int64), *ranges]))

    def rewrite(self):
        """Writes both files anew, without rows that are nobody's. A kill leaves the old ones or the new ones."""
        self.close()
        old, entries, first = self.rows_path, {}, 0
        boxes, codes = self.rows()
        self._number += 1
        with written_whole(self.rows_path) as file:
            for path, entry in sorted(self._entries.items()):
                own = slice(entry.first, entry.first + entry.rows)
                file.write(np.hstack([boxes[own], codes[own]]).tobytes())
                entries[path] = dataclasses.replace(entry, first=first)
                first += entry.rows
        lines = [_line_of(path, entry) for path, entry in entries.items()]
        write_whole(self.folder / JOURNAL, self._first_line() + "".join(lines).encode())
        self._entries, self._count = entries, first
        old.unlink(missing_ok=True)

    def close(self):
        """Closes the files."""
        for file in (self._file, self._journal):
            if file is not None:
                file.close()
        self._file = self._journal = None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def _check(self, about):
        """That it is about the same."""
        if [self.about.get(key) for key in ("fingerprint", "dim")] != [
            about[key] for key in ("fingerprint", "dim")
        ]:
            raise InputError(
                f"{self.folder} is an index of another model, head or regions. Give another --out, or --overwrite to begin anew."
            )
        before, now = self.about["photos"], about["photos"]
        if before != now and os.path.isdir(before):  # else they were moved
            raise InputError(
                f"{self.folder} is an index of the pictures in {before}, received {now}. Give another --out, or --overwrite."
            )

    def _clean(self):
        """Removes what a kill left behind, and what damage made useless."""
        for path in (*self.folder.glob("rows-*.f32"), *self.folder.glob(f"{PARTIAL}*")):
            if path != self.rows_path:
                path.unlink()
        size = self._size()
        whole = min(size // self._row_bytes, self._count)
        self._entries = {
            path: entry
            for path, entry in self._entries.items()
            if entry.first + entry.rows <= whole or not entry.rows
        }
        self._count = whole
        if size > whole * self._row_bytes:
            os.truncate(self.rows_path, whole * self._row_bytes)

    def _is_known(self, path):
        entry = self._entries.get(path)
        if entry is None or entry.stamp != self._stamp(path):
            return False
        if not entry.rows:
            return True
        with self.rows_path.open("rb") as file:
            file.seek(entry.first * self._row_bytes)
            return zlib.crc32(file.read(entry.rows * self._row_bytes)) == entry.crc

    def _size(self):
        return self.rows_path.stat().st_size if self.rows_path.exists() else 0

    def _open(self):
        if self._file is None:
            self._file = self.rows_path.open("ab")
            self._journal = (self.folder / JOURNAL).open("ab")

    def _write(self, path, entry):
        self._open()
        self._journal.write(_line_of(path, entry).encode())
        self._journal.flush()
        self._entries[path] = entry

    def _line(self, fields):
        self._journal.write(f"{json.dumps(fields)}\n".encode())
        self._journal.flush()

    def _first_line(self):
        return f"{json.dumps({'version': VERSION, 'rows': self._number, **self.about})}\n".encode()

    def _stamp(self, path):
        try:
            found = os.stat(pathlib.Path(self.about["photos"]) / path)
        except OSError:
            return ()
        return found.st_size, found.st_mtime_ns


def _read(folder):
    """The `Store` in a folder; None if there is none."""
    lines = whole_lines(folder / JOURNAL)
    if not lines:
        return None
    try:
        about = json.loads(lines[0])
        version, number = about.pop("version"), about.pop("rows")
        if not isinstance(about["dim"], int) or not isinstance(about["fingerprint"], str):
            raise ValueError
        about["photos"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(
            f"{folder / JOURNAL}: expected an index, received a damaged one. Delete {folder}, and index the pictures again."
        ) from None
    if version != VERSION:
        raise InputError(
            f"{folder}: expected an index of version {VERSION}, received {version}. Index the pictures anew."
        )
    entries = {}
    for line in lines[1:]:
        with contextlib.suppress(
            ValueError, KeyError, TypeError
        ):  # what a damaged line said is found out again
            fields = json.loads(line)
            if fields.get("removed"):
                entries.pop(fields["path"], None)
            else:
                entries[fields["path"]] = _entry_of(fields)
    return Store(folder, about, entries, number)


def _line_of(path, entry):
    said = (
        {"failure": entry.reason} if not entry.rows else {"rows": [entry.first, entry.rows], "crc": entry.crc}
    )
    return json.dumps({"path": path, "file": entry.stamp, **said}) + "\n"


def _entry_of(fields):
    first, rows = fields.get("rows", (0, 0))
    return Entry(tuple(fields["file"]), first, rows, fields.get("crc", 0), fields.get("failure", ""))
