"""What programs print, where names of files may hold what the terminal can't, or shouldn't."""

from __future__ import annotations

import os
import sys


def open_streams() -> None:
    """What every program begins with: stdin, stdout and stderr are there, and take any text.

    Those that were closed, as a service's may be, lead nowhere. Without them the next file that is opened would be stdout or stderr
    to whoever prints, and `print` takes stdout where there is no stderr. What stdout and stderr can't hold is printed in ASCII, such
    as "\\xe9", instead of ending the program.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:  # the system gives the lowest that is free
        os.set_inheritable(descriptor, True)  # else the programs that this one starts would lack them
    os.close(descriptor)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # others, of tests and notebooks, hold any text
            stream.reconfigure(errors="backslashreplace")


def one_line(text: str) -> str:
    """A text in which what can't be printed is written in ASCII: lines that a name brings along, and what a terminal would obey."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
