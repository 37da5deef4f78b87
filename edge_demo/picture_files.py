"""Which files are pictures, by their names."""

from __future__ import annotations

from pathlib import Path

PICTURE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


def is_picture(path: Path) -> bool:
    """Whether a path is a file, not hidden, with the name of a picture; nobody has looked inside."""
    return path.suffix.lower() in PICTURE_SUFFIXES and path.is_file() and not path.name.startswith(".")
