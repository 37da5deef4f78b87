"""Names of objects: what results call them, and what their folders are called."""

from __future__ import annotations

from collections.abc import Collection

from edge_demo.errors import EdgeError

MAX_BYTES = 80  # in UTF-8: file systems end at 255, and a label at a box long before
_FORBIDDEN = set('/\\:*?"<>|')  # by one file system or another


def safe_name(text: str) -> str:
    """A name that is one plain folder on every file system: "../x" becomes "_x".

    Raises:
        EdgeError: if nothing is left of it.
    """
    kept = "".join(
        "_" if character in _FORBIDDEN or not character.isprintable() else character for character in text
    )
    # A leading dot hides a folder; Windows drops dots and spaces at the end.
    kept = (
        kept.strip().lstrip(".").encode("utf-8", "replace")[:MAX_BYTES].decode("utf-8", "ignore").rstrip(". ")
    )
    if not kept:
        raise EdgeError(
            f"Expected a name for an object, such as cup, received: {text!r:.40}. Choose another."
        )
    return kept


def next_name(taken: Collection[str]) -> str:
    """ "object 1", or the first number that is free, for an object that nobody named."""
    lower = {name.casefold() for name in taken}
    return next(name for number in range(1, len(lower) + 2) if (name := f"object {number}") not in lower)
