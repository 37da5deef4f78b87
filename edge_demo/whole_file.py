"""Files that are whole or not there, and lines of files that grow, likewise."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from edge_demo.plain_file import check_own, plain_size

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
        OSError: as `beside`.
    """
    with beside(path) as partial, partial.open("xb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())  # a rename may reach the disk before what it names


@contextlib.contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Where a file is made that gets the name `path` if the block ends well: a path at which there is nothing.

    A link of this name is replaced and not followed; who takes paths from a person asks `output_file.place_of` first.

    Raises:
        OSError: as the system says; also if a pipe or a device has the name, which nobody meant to lose.
    """
    with contextlib.suppress(FileNotFoundError):
        plain_size(path)
    partial = path.with_name(PARTIAL + path.name)
    partial.unlink(missing_ok=True)  # left by a kill, or a link, through which libraries would write
    try:
        with named_in_errors(path):
            yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def opened_anew(path: Path) -> BinaryIO:
    """A new file, without a buffer, in the place of whatever has its name: no link is followed, and no pipe waited for.

    Raises:
        OSError: as the system says.
    """
    path.unlink(missing_ok=True)
    return path.open("xb", buffering=0)


def opened_to_grow(path: Path) -> BinaryIO:
    """A file of our own at its end, without a buffer; made if missing.

    Raises:
        OSError: as the system says; also for a link, and for what is no file.
    """
    check_own(path)
    return path.open("ab", buffering=0)


def make_room(path: Path) -> None:
    """Removes a pipe, say, that has the name of a file of ours which can be made again; a file or a folder stays.

    Raises:
        OSError: as the system says.
    """
    if not path.is_file() and not path.is_dir():
        path.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Removes a file, a link, or a folder with all that is in it; what can't be removed stays."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


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
