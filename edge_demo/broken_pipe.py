"""How a command line ends when nobody reads any more what it prints: after `| head`, or when its terminal is closed."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import sys
from collections.abc import Callable

UNREAD = 141  # what a shell says of a program that SIGPIPE has ended
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def read_or_left(run: Callable[..., int], *args: object) -> int:
    """Runs a command line, and sees to it that what it has printed is on its way.

    Returns:
        what `run` returns; `UNREAD` if whoever read is gone; 2, with a line on stderr, if there is no room for it.
    """
    try:
        try:
            return run(*args)
        finally:  # also of --help, which leaves by an exception; the interpreter itself would complain in its own words
            sys.stdout.flush()
    except OSError as error:
        left = error.errno in (errno.EPIPE, errno.EIO) and _left()
        if not left and error.errno not in _NO_ROOM:
            raise
        if left:
            _silence(sys.stdout, sys.stderr)
            return UNREAD
        _silence(sys.stdout)
        with contextlib.suppress(OSError):
            print(f"error: expected room for what is written, received: {error.strerror}.", file=sys.stderr)
        return 2


def _left() -> bool:
    """Whether the other end of stdout or stderr is closed. Where the system can't be asked, it is."""
    if not hasattr(select, "poll"):
        return True
    poll = select.poll()
    for descriptor in (1, 2):
        poll.register(descriptor, select.POLLOUT)
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))


def _silence(*streams) -> None:
    """From now on what is printed goes nowhere, and what is waiting to be, too."""
    for stream in streams:
        with contextlib.suppress(OSError, AttributeError):  # None, or no file
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
