"""Which files of a folder are pictures, by their names, and which of the others look as if they should be."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from edge_demo.console import one_line
from edge_demo.model.picture_size import BEGIN_BYTES, begins_as_picture
from edge_demo.plain_file import plain_size

PICTURE_SUFFIXES = tuple(
    [".avif", ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"]
)
_RAW = [
    "arw",
    "cr2",
    "cr3",
    "crw",
    "dcr",
    "dng",
    "erf",
    "kdc",
    "mef",
    "mos",
    "mrw",
    "nef",
    "nrw",
    "orf",
    "pef",
    "raf",
    "rw2",
    "rwl",
    "sr2",
    "srf",
    "srw",
    "x3f",
]
_OTHERS = [
    "eps",
    "exr",
    "hdr",
    "ico",
    "j2k",
    "jp2",
    "jxl",
    "pbm",
    "pcx",
    "pgm",
    "pnm",
    "ppm",
    "psd",
    "svg",
    "tga",
]
_UNREAD = {  # suffix -> what such a file is, and how it becomes a picture that can be read
    **dict.fromkeys(
        (".heic", ".heics", ".heif", ".hif"), "HEIC, which can't be read here: convert it to JPEG"
    ),
    **{f".{suffix}": "a camera's raw data: develop it, and save it as JPEG" for suffix in _RAW},
    **{
        f".{suffix}": "a kind of picture that isn't taken here: convert it to JPEG or PNG"
        for suffix in _OTHERS
    },
}
_NAMED = 5  # files that a notice lists

LeftOut = tuple[Path, str]  # a file, and why it is left out


@dataclasses.dataclass(frozen=True)
class Contents:
    """What lies in a folder, hidden files apart; each sorted by name."""

    pictures: list[Path]
    folders: list[Path]
    left_out: list[LeftOut]  # what isn't a picture, and looks as if somebody took it for one


def is_picture(path: Path) -> bool:
    """Whether a path is a file, not hidden, with the name of a picture; nobody has looked inside."""
    return path.suffix.lower() in PICTURE_SUFFIXES and path.is_file() and not path.name.startswith(".")


def contents_of(folder: Path) -> Contents:
    """Sorts the files and folders of a folder. Raises OSError if it can't be read."""
    contents = Contents([], [], [])
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        path = folder / entry.name
        if entry.name.startswith("."):
            continue
        if _holds(entry.is_dir):
            contents.folders.append(path)
        elif path.suffix.lower() in PICTURE_SUFFIXES and _holds(entry.is_file):
            contents.pictures.append(path)
        elif reason := _reason(path):
            contents.left_out.append((path, reason))
    return contents


def unread_kind(name: str) -> str:
    """Why pictures of a kind, which a file's name tells, can't be read; "" if they can, or it is no name of a picture."""
    return _UNREAD.get(Path(name).suffix.lower(), "")


def say_left_out(left_out: Sequence[LeftOut]) -> None:
    """Counts and names them in a line on stderr; without any there is none."""
    if left_out:
        named = "; ".join(f"{path}: {reason}" for path, reason in left_out[:_NAMED])
        more = f"; and {len(left_out) - _NAMED} more" if len(left_out) > _NAMED else ""
        print(one_line(f"Left out, {len(left_out)} in all: {named}{more}"), file=sys.stderr)


def _holds(said: Callable[[], bool]) -> bool:
    """What the system says of an entry; of a link that leads to itself, or to where nobody may look, it can't say anything."""
    try:
        return said()
    except OSError:
        return False


def _reason(path: Path) -> str:
    """Why a file that isn't a picture isn't one, if it looks as if it should be; else ""."""
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES or suffix in _UNREAD:
        try:
            plain_size(path)
        except FileNotFoundError:
            return "expected a picture, found a link to no such file"
        except OSError as error:
            return f"expected a picture, found {error.strerror}"
        return unread_kind(path.name)
    try:
        if not plain_size(path):
            return ""
        with path.open("rb") as file:
            begin = file.read(BEGIN_BYTES)
    except OSError:
        return ""
    if not begins_as_picture(begin):
        return ""
    return "begins as a picture does, and has not the name of one: let it end in .jpg or the like"
