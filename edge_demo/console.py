"""What programs print, where names of files may hold what the terminal can't, or shouldn't."""

from __future__ import annotations

import sys


def print_anything() -> None:
    """From now on, what stdout and stderr can't hold is printed in ASCII, such as "\\xe9", instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # others, of tests and notebooks, hold any text
            stream.reconfigure(errors="backslashreplace")


def one_line(text: str) -> str:
    """A text in which what can't be printed is written in ASCII: lines that a name brings along, and what a terminal would obey."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
