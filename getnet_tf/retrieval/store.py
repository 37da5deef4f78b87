"""The codes of a folder of pictures, kept in a folder so that a killed run goes on where it was.

    INDEX/journal.jsonl      see `StoreJournal`
    INDEX/rows-N.f32         see `RowFile`

A picture's rows are on disk before its line is. So a line says what is there, and rows without one count for nothing. What was changed,
removed or damaged leaves rows behind that nobody owns; when they are too many, both files are written anew.
"""

import contextlib
import dataclasses
import os
import pathlib

import numpy as np

from edge_demo.folder_lock import LOCK, FolderLock
from edge_demo.whole_file import PARTIAL
from getnet_tf.autolabel.label import Failure
from getnet_tf.errors import InputError
from getnet_tf.retrieval.entry import Entry
from getnet_tf.retrieval.row_file import RowFile
from getnet_tf.retrieval.store_journal import NAME, StoreJournal

ROWS = "rows-{}.f32"
WASTE = 0.2  # share of the rows that may be nobody's


class Store:
    """The codes of a folder of pictures.

    Args:
        folder: of the store.
        about: dict of JSON's types; at least `fingerprint` of the coder, `dim` of its codes, `photos`, the folder of pictures, and whether there are `regions`.
        number: of the file of rows.
        entries: dict path, relative to `photos`, with "/" -> `Entry`.
    """

    def __init__(self, folder, about, number=0, entries=()):
        self.folder, self.about, self.number = pathlib.Path(folder), about, number
        self.journal = StoreJournal(folder)
        self._entries, self._stamps = dict(entries), {}
        count = max((entry.first + entry.rows for entry in self._entries.values()), default=0)
        self._lock = None
        self._rows = RowFile(self.folder / ROWS.format(number), about["dim"], count)

    @classmethod
    def open(cls, folder):
        """To be read.

        Raises:
            InputError: if there is none, or it is damaged.
        """
        read = StoreJournal(folder).read()
        if read is None:
            raise InputError(f"{folder} holds no index. Expected the --out of a run that indexed pictures.")
        store = cls(folder, *read)
        if store._rows.there < store.count:
            raise InputError(
                f"{store._rows.path}: expected {store.count} codes, found {store._rows.there}. Index the pictures again."
            )
        return store

    @classmethod
    def begin(cls, folder, about, anew=False):
        """To be written: begun, or gone on with, and held until it is closed. Use it as a context manager.

        Raises:
            InputError: if it was begun for other codes or other pictures, or the folder holds something else.
            EdgeError: if another run writes to it.
        """
        folder = pathlib.Path(folder)
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder} is a file. Expected a folder for the index; give another --out.")
        there = {path.name for path in folder.iterdir()} - {LOCK} if folder.is_dir() else set()
        if there and NAME not in there:
            raise InputError(f"{folder} is not empty and holds no index. Give another --out.")
        with contextlib.ExitStack() as stack:
            lock = stack.enter_context(FolderLock(folder))
            read = None if anew else StoreJournal(folder).read()
            if read is None:
                store = cls(folder, about)
                store.journal.write(about, store.number, {})
            else:
                store = cls(folder, *read)
                store._check(about)
            store._clean()
            if store.about != about:
                store.about = about
                store.rewrite()
            stack.pop_all()
        store._lock = lock
        return store

    @property
    def dim(self):
        """D, numbers of a code."""
        return self.about["dim"]

    @property
    def count(self):
        """Rows, with those that are nobody's."""
        return self._rows.count

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
        return self._rows.read()

    def entry(self, path):
        """What is known of a picture that has codes."""
        return self._entries[path]

    def owned(self):
        """Row numbers that belong to a picture, (N,) int64, sorted."""
        own = np.array([(one.first, one.rows) for one in self._entries.values()], np.int64).reshape(-1, 2)
        firsts, counts = own[np.argsort(own[:, 0])].T
        before = np.cumsum(counts) - counts
        return np.repeat(firsts - before, counts) + np.arange(counts.sum())

    def missing(self, paths):
        """Those of `paths` that have no line yet, were changed since, or whose rows are damaged."""
        self._stamps = {path: self._stamp(path) for path in paths}
        return [path for path in paths if not self._is_known(path)]

    def add(self, path, boxes_px, codes):
        """Adds a picture; a kill after that can't undo it.

        Args:
            path: relative to `photos`, with "/".
            boxes_px: (n, 4), first that of the whole picture.
            codes: (n, D).

        Raises:
            OSError: if the disk is full; what was added before stays.
        """
        first, crc = self._rows.append(boxes_px, codes)
        self._enter(path, Entry(self._seen(path), first, len(codes), crc))

    def add_failure(self, failure):
        """Adds that a picture could not be read."""
        self._enter(failure.path, Entry(self._seen(failure.path), reason=failure.reason))

    def keep_only(self, paths):
        """Forgets all others."""
        for path in sorted(self._entries.keys() - set(paths)):
            del self._entries[path]
            self.journal.add(path, None)
        if self.count - len(self.owned()) > WASTE * self.count:
            self.rewrite()

    def rewrite(self):
        """Writes both files anew, without rows that are nobody's. A kill leaves the old ones or the new ones."""
        self._rows.close()
        old, entries, slices, first = self._rows, {}, [], 0
        for path, entry in sorted(self._entries.items()):
            slices.append(slice(entry.first, entry.first + entry.rows))
            entries[path] = dataclasses.replace(entry, first=first if entry.rows else 0)
            first += entry.rows
        rows = old.written_anew(self.folder / ROWS.format(self.number + 1), slices)
        self.journal.write(self.about, self.number + 1, entries)
        self._rows, self._entries, self.number = rows, entries, self.number + 1
        old.path.unlink(missing_ok=True)

    def sync(self):
        """Brings all that was added to the disk, where a power cut can't reach it."""
        self._rows.sync()
        self.journal.sync()

    def close(self):
        """Closes the files, and lets go of the folder, whatever a full disk says to the first."""
        with contextlib.ExitStack() as stack:
            if self._lock is not None:
                stack.callback(self._lock.close)
            stack.callback(self.journal.close)
            stack.callback(self._rows.close)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def _check(self, about):
        """That it is about the same."""
        if any(self.about[key] != about[key] for key in ("fingerprint", "dim")):
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
        for path in (*self.folder.glob(ROWS.format("*")), *self.folder.glob(f"{PARTIAL}*")):
            if path != self._rows.path:
                path.unlink()
        self.journal.cut()
        there = self._rows.there
        if there >= self.count:
            self._rows.cut()
            return
        # Under another number: a row's number is never another row's, as an index goes by it.
        self._entries = {
            path: entry for path, entry in self._entries.items() if entry.first + entry.rows <= there
        }
        self._rows.count = there
        self.rewrite()

    def _is_known(self, path):
        entry = self._entries.get(path)
        if entry is None or entry.stamp != self._stamps[path]:
            return False
        return not entry.rows or self._rows.crc(entry.first, entry.rows) == entry.crc

    def _enter(self, path, entry):
        self.journal.add(path, entry)
        self._entries[path] = entry

    def _seen(self, path):
        """The stamp of a picture as it was before it was looked at: a change since then shows the next time."""
        return self._stamps[path] if path in self._stamps else self._stamp(path)

    def _stamp(self, path):
        try:
            found = os.stat(pathlib.Path(self.about["photos"]) / path)
        except OSError:
            return ()
        return found.st_size, found.st_mtime_ns
