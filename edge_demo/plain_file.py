"""Files from disk, and only what is a file: whoever opens a pipe waits for ever, and a device never ends."""

from __future__ import annotations

import errno
import os
import stat

MOST_BYTES = 2**30  # a model has a few MB, the largest photo a few hundred
_LACKING = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISLNK, "a link"),  # seen by who does not follow it
)


def read_plain(path: str | os.PathLike[str]) -> bytes:
    """The content of a file.

    Raises:
        OSError: as the system says; also for what is no file, or one of more than `MOST_BYTES`.
    """
    size = plain_size(path)
    if size > MOST_BYTES:
        raise OSError(None, f"{size} bytes, more than {MOST_BYTES}", os.fspath(path))
    with open(path, "rb") as file:
        return file.read()


def plain_size(path: str | os.PathLike[str]) -> int:
    """How many bytes a file has; of a folder it tells something, and whoever opens that hears of it.

    Raises:
        OSError: as the system says; also for what is no file.
    """
    try:
        found = os.stat(path)
    except ValueError:  # lists of pairs may name anything
        raise OSError(None, "a name with a zero byte, which no file has", os.fspath(path)) from None
    if (kind := _kind(found)) is not None:
        raise OSError(None, f"{kind}, which is no file", os.fspath(path))
    return found.st_size


def check_own(path: str | os.PathLike[str]) -> None:
    """That a file or folder of our own stands here, or nothing: a link leads elsewhere, where nothing of ours belongs.

    Raises:
        OSError: as the system says; also for what is no file, and for a link. It says the name, as who asks names the folder.
    """
    try:
        kind = _kind(os.lstat(path))
    except FileNotFoundError:
        return
    if kind is not None:
        raise OSError(None, f"{kind} called {os.path.basename(path)}", os.fspath(path))


def could_not_look(error: Exception) -> bool:
    """Whether there was no descriptor or no memory to look at a file with, which says nothing of the file."""
    return isinstance(error, OSError) and error.errno in _LACKING


def _kind(found: os.stat_result) -> str | None:
    return next((words for is_kind, words in _KINDS if is_kind(found.st_mode)), None)
