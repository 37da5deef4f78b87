"""Texts and paths that native code can take.

Why it exists: OpenCV dies of a text that is not UTF-8, LiteRT refuses it in ten lines, and FFmpeg takes what stands before the first colon
of a path for a protocol.
"""

from __future__ import annotations

import os
from pathlib import Path

from edge_demo.errors import EdgeError


def native_path(path: str | os.PathLike[str]) -> str:
    """A path from the root on, in UTF-8.

    Raises:
        EdgeError: if it isn't in UTF-8.
    """
    return native_text(str(Path(path).absolute()))


def native_text(text: str) -> str:
    """The text itself.

    Raises:
        EdgeError: if it isn't in UTF-8, as names of files need not be.
    """
    if drawable(text) != text:
        raise EdgeError(f"{text!a}: expected a name in UTF-8, received other bytes in it. Rename it.")
    return text


def drawable(text: str) -> str:
    """The text, in which what isn't UTF-8 is written in ASCII."""
    return text.encode("utf-8", "backslashreplace").decode()
