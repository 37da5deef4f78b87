"""Names of objects: what results call them, and what their folders are called."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Collection, Iterable

from edge_demo.errors import EdgeError

MAX_BYTES = 80  # in UTF-8: file systems end at 255, and a label at a box long before
_FORBIDDEN = set('/\\:*?"<>|')  # by one file system or another
_JOINERS = "\u200c\u200d"  # have no width, and belong into words of Persian and Hindi, and between emoji
_DEVICES = {  # what Windows takes for a device, whatever follows the first dot
    *("con", "prn", "aux", "nul"),
    *(f"{port}{number}" for port in ("com", "lpt") for number in "123456789¹²³"),
}


def is_plain(text: str) -> bool:
    """Whether a text shows all that it holds: nothing in it breaks a line, or turns others round."""
    return all(character.isprintable() or character in _JOINERS for character in text)


def safe_name(text: str) -> str:
    """A name that is one plain folder on every file system, and that can be drawn and printed: "../x" becomes "_x".

    Names that are too long end in a few digits that tell them from others of the same beginning.

    Raises:
        EdgeError: if nothing is left of it.
    """
    kept = "".join(
        "_" if character in _FORBIDDEN or not is_plain(character) else character
        for character in unicodedata.normalize("NFC", text)
    )
    # A leading dot hides a folder; Windows drops dots and spaces at the end.
    kept = kept.strip(f" {_JOINERS}").lstrip(".").strip(f" {_JOINERS}").rstrip(". ")
    if not kept:
        raise EdgeError(
            f"Expected a name for an object, such as cup, received: {text!r:.40}. Choose another."
        )
    if kept.split(".")[0].rstrip().casefold() in _DEVICES:
        kept = f"_{kept}"
    content = kept.encode()
    if len(content) <= MAX_BYTES:
        return kept
    end = f"~{zlib.crc32(content):08x}"
    return content[: MAX_BYTES - len(end)].decode("utf-8", "ignore").rstrip(". ") + end


def check_free(name: str, other: str, taken: Iterable[str]) -> None:
    """That an object called `name` can be called `other`.

    Raises:
        EdgeError: if another one is, or is but for upper and lower case.
    """
    bearer = next((known for known in taken if known != name and same_key(known) == same_key(other)), None)
    if bearer is not None:
        raise EdgeError(f"Expected a name that is free, received that of {bearer}. Choose another.")


def same_key(name: str) -> str:
    """Equal for names that some file system, or a reader, holds for one: "Cup" and "cup"."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def check_apart(names: Iterable[tuple[str, object]]) -> None:
    """That different things have names that everybody can tell apart.

    Args:
        names: (name, what bears it, such as its path).

    Raises:
        EdgeError: with both, if two things bear names that are equal, or equal but for upper and lower case.
    """
    bearers: dict[str, tuple[str, object]] = {}
    for name, bearer in names:
        other, earlier = bearers.setdefault(same_key(name), (name, bearer))
        if earlier is not bearer:
            called = name if name == other else f"{other} and {name}"
            raise EdgeError(
                f"{earlier} and {bearer} share a name, {called}, and results tell objects apart by it. Rename one, or put the views "
                f"of one object into a folder of its name."
            )


def next_name(taken: Collection[str]) -> str:
    """ "object 1", or the first number that is free, for an object that nobody named."""
    lower = {same_key(name) for name in taken}
    return next(name for number in range(1, len(lower) + 2) if (name := f"object {number}") not in lower)
