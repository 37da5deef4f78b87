"""Files from disk, and only what is a file: whoever opens a pipe waits for ever, and a device never ends."""

from __future__ import annotations

import os
import stat

MOST_BYTES = 2**30  # a model has a few MB, the largest photo a few hundred
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
    found = os.stat(path)
    _check(found, path)
    return found.st_size


def check_own(path: str | os.PathLike[str]) -> None:
    """That a file or folder of our own stands here, or nothing: a link leads elsewhere, where nothing of ours belongs.

    Raises:
        OSError: as the system says; also for what is no file, and for a link.
    """
    try:
        _check(os.lstat(path), path)
    except FileNotFoundError:
        return


def _check(found: os.stat_result, path: str | os.PathLike[str]) -> None:
    kind = next((words for is_kind, words in _KINDS if is_kind(found.st_mode)), None)
    if kind is not None:
        raise OSError(None, f"{kind}, which is no file", os.fspath(path))
