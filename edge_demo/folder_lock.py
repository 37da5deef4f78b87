"""One program at a time writes to a folder.

The operating system holds the lock, so that it is gone as soon as the program is, however that ended. A small file in the folder
bears it, and says to others whose it is.

Example:
    with FolderLock("found"):
        ...
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import time
from pathlib import Path

from edge_demo.errors import EdgeError

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

LOCK = ".getnet-lock"
_FAR = 1 << 30  # Windows locks bytes, and nobody else can read those: far behind what is said
_HELD_BY_OTHERS = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)
_SAID = re.compile(rb"process \d+ since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d")

_held: dict[Path, tuple[int, int]] = {}  # of this program: folder -> (descriptor, how often)


class FolderLock:
    """Holds a folder until closed; this program may hold it several times.

    Args:
        folder: made if missing, and removed again if nothing is in it in the end.

    Raises:
        EdgeError: if another program holds it, which is named.
        OSError: if it is no folder that can be written.
    """

    def __init__(self, folder: str | os.PathLike[str]):
        folder = Path(folder)
        self._made = [path for path in (folder, *folder.parents) if not path.exists()]
        self._folder: Path | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder.resolve()
            descriptor, count = _held.get(path) or (_locked(path, folder), 0)
        except (EdgeError, OSError):
            self._remove_made()
            raise
        self._folder = path
        _held[path] = descriptor, count + 1

    def close(self) -> None:
        """Lets go of it. A second time nothing happens."""
        if self._folder is None:
            return
        path, self._folder = self._folder, None
        descriptor, count = _held.pop(path)
        if count > 1:
            _held[path] = descriptor, count - 1
            return
        with contextlib.suppress(OSError):  # Windows keeps a file that is open; it is nobody's from now on
            os.unlink(path / LOCK)
        os.close(descriptor)
        self._remove_made()

    def _remove_made(self) -> None:
        with contextlib.suppress(OSError):  # something is in it, which is what it was made for
            for folder in self._made:
                folder.rmdir()

    def __enter__(self):
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def _locked(path: Path, named: Path) -> int:
    """The descriptor that bears the lock of a folder, which is called `named` in messages."""
    while True:
        descriptor = _opened(path / LOCK)
        try:
            if not _is_taken(descriptor):
                said = _SAID.match(_said(descriptor))
                raise EdgeError(
                    f"{named}: expected a folder that no other program writes to, but {said[0].decode() if said else 'another'} "
                    f"does. Wait until it ends, or choose another folder."
                )
            if _is_there(descriptor, path / LOCK):
                _say_whose(descriptor)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # who held it has removed it since


def _opened(path: Path) -> int:
    """Opens or makes the file; a link or a pipe of this name is somebody's trap."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags, 0o644)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, f"{LOCK} that is no file", str(path))
    return descriptor


def _is_taken(descriptor: int) -> bool:
    """Whether the lock is ours now. A file system that knows no locks can't say that it is another's."""
    try:
        if os.name == "nt":
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _HELD_BY_OTHERS
    return True


def _is_there(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _said(descriptor: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, 100)


def _say_whose(descriptor: int) -> None:
    with contextlib.suppress(OSError):  # a full disk: then it isn't said
        os.truncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, f"process {os.getpid()} since {time.strftime('%Y-%m-%d %H:%M:%S')}\n".encode())
