"""What is done already, a line per picture, so that a killed run goes on where it was.

The first line says what was to be done; each further one holds a picture's `Label` or `Failure`, and the size and time of
its file: a picture that was changed since is labelled again.
"""

import contextlib
import json
import os
import pathlib

from edge_demo.own_file import is_int, parsed
from edge_demo.plain_file import check_own, read_plain
from getnet_tf.autolabel.label import Failure, result_from_json, result_to_json
from getnet_tf.errors import InputError

VERSION = 1


class Journal:
    """A file that only grows, from the first result on. As a context manager it closes the file.

    Args:
        path: of the file; a half-written last line is cut off, and what a damaged line said is to be found out again.
        fingerprint: dict of JSON's types, `Job.fingerprint`.
        root: folder of the pictures.
        anew: whether to forget what the file holds.

    Raises:
        InputError: if the file was begun for another job.
    """

    def __init__(self, path, fingerprint, root, anew=False):
        self._path, self._root = pathlib.Path(path), pathlib.Path(root)
        self._first = json.dumps({"version": VERSION, **fingerprint})
        self._file, self._done, self._stamps = None, {}, {}
        lines = [] if anew else whole_lines(self._path)
        self._is_new = not lines
        if lines and lines[0] != self._first:
            found = (
                "holds labels of another model, other references or other options"
                if _is_as_written(lines[0])
                else f"holds a damaged {self._path.name}: its first line is not as it was written"
            )
            raise InputError(
                f"{self._path.parent} {found}. Give another --out, or --overwrite to begin anew."
            )
        cut_half_line(self._path)
        names = {name for name, *_ in fingerprint["views"]}
        for line in lines[1:]:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                stamp, result = _read(line, names)
                self._done[result.path] = stamp, result

    def missing(self, paths):
        """Those of `paths` that have no line yet, or were changed since."""
        self._stamps = {path: self._stamp(path) for path in paths}
        return [
            path
            for path, stamp in self._stamps.items()
            if path not in self._done or self._done[path][0] != stamp
        ]

    def add(self, result):
        """Adds the line of a `Label` or a `Failure` that was missing; a kill of this process after that can't undo it."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("w" if self._is_new else "a", encoding="utf-8")
            if self._is_new:
                self._file.write(self._first + "\n")
        # The file as it was before it was looked at: a change since then shows the next time.
        stamp = self._stamps.get(result.path) or self._stamp(result.path)
        fields = {"file": stamp, **result_to_json(result)}
        self._file.write(json.dumps(fields) + "\n")
        self._file.flush()
        self._done[result.path] = stamp, result

    def results(self, paths):
        """(labels, failures) of `paths`, which all have a line, sorted by path."""
        results = [self._done[path][1] for path in sorted(paths)]
        failures = [one for one in results if isinstance(one, Failure)]
        return [one for one in results if not isinstance(one, Failure)], failures

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self._file is not None:
            self._file.close()

    def _stamp(self, path):
        """Size and time of a picture's file; [] if there is none."""
        try:
            found = os.stat(self._root / path)
        except OSError:
            return []
        return [found.st_size, found.st_mtime_ns]


def fingerprint_of(path):
    """The fingerprint that a journal was begun with, as `Journal` takes it.

    Raises:
        InputError: if there is no journal, or its first line is damaged.
    """
    try:
        fields = parsed(whole_lines(path)[0])
        views = fields["views"]
        if fields.pop("version") != VERSION or not isinstance(views, list) or not views:
            raise ValueError
        if not all(
            len(view) == 3 and all(isinstance(text, str) for text in view) and view[0].isprintable()
            for view in views
        ):
            raise ValueError
        return fields
    except (ValueError, IndexError, AttributeError, KeyError, TypeError):
        raise InputError(
            f"{path.parent} holds no labels, or damaged ones. Expected the --out of a run that labelled pictures."
        ) from None


def _is_as_written(line):
    """Whether a first line is one of ours, whatever it says: editors add a byte order mark or another end of line."""
    try:
        return json.dumps(parsed(line)) == line
    except ValueError:
        return False


def _read(line, names):
    """(stamp, `Label` or `Failure`) of a line. Raises ValueError, KeyError or TypeError if it says anything else."""
    fields = parsed(line)
    stamp, result = fields["file"], result_from_json(fields)
    if not isinstance(stamp, list) or not all(map(is_int, stamp)):
        raise ValueError(f"the stamp {stamp!r}")
    unknown = set() if isinstance(result, Failure) else {one.name for one in result.candidates} - names
    if unknown:
        raise ValueError(f"the names {unknown}")
    return stamp, result


def whole_lines(path):
    """The lines of a file up to the last that is whole; [] without a file. Raises InputError for what can't be read."""
    try:
        content = read_plain(path)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InputError(
            f"{path}: expected a readable journal, received: {error.strerror}. Delete it, or give another folder."
        ) from None
    return content[: content.rfind(b"\n") + 1].decode("utf-8", errors="replace").split("\n")[:-1]


def cut_half_line(path):
    """Takes away what a kill left of a last line, so that the next one begins anew; for who writes, not for who reads.

    Raises:
        OSError: if it is a link, of which another file would lose something, or no file.
    """
    check_own(path)
    if path.exists():
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)
