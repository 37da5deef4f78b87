"""Files that are whole or not there, and lines of files that grow, likewise."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

PARTIAL = ".partial-"  # begins the name of what is not whole yet


def write_whole(path: Path, content: bytes) -> None:
    """Writes beside and renames, so that no reader and no power cut meets half a file.

    Raises:
        OSError: as the system says; then nothing stays behind, and an older file stays as it was.
    """
    with written_whole(path) as file:
        file.write(content)


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """The same of what the block writes, if it ends well; otherwise nothing stays behind.

    Raises:
        OSError: as the system says.
    """
    partial = path.with_name(PARTIAL + path.name)
    try:
        with named_in_errors(path), partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # a rename may reach the disk before what it names
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def named_in_errors(path: Path) -> Iterator[None]:
    """Has errors of the block name the file, where the system doesn't say which one met a full disk."""
    try:
        yield
    except OSError as error:
        if error.errno and not error.filename:
            error.filename = str(path)
        raise


def append_whole(file: BinaryIO, content: bytes) -> None:
    """Adds bytes at the end of a file without a buffer, all of them or none; they outlive this process.

    Raises:
        OSError: as the system says, or if there was room for a part of them.
    """
    before = file.tell()
    try:
        if file.write(content) != len(content):  # as much as fitted
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        with contextlib.suppress(OSError):
            file.truncate(before)
            file.seek(before)
        raise
