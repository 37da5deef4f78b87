"""The folder of one object: its pictures, and what else is known of it."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from edge_demo.console import one_line
from edge_demo.errors import EdgeError
from edge_demo.model.preprocess import read_picture
from edge_demo.own_file import is_int, read_json
from edge_demo.picture_files import is_picture

ABOUT = "object.json"


def folders_in(folder: Path) -> list[Path]:
    """The objects of a gallery."""
    return [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]


def pictures_in(folder: Path) -> list[Path]:
    """The views of an object, in order."""
    return in_order(path for path in folder.iterdir() if is_picture(path))


def in_order(paths: Iterable[Path]) -> list[Path]:
    """By name, "view-2" before "view-10"."""
    return sorted(paths, key=lambda path: (len(path.stem), path.name))


def holds(folder: Path, picture_bgr_u8: np.ndarray) -> bool:
    """Whether a picture, (H, W, 3) uint8, is a view already."""
    for path in pictures_in(folder):
        with contextlib.suppress(EdgeError):
            if np.array_equal(read_picture(path), picture_bgr_u8):
                return True
    return False


def about(number: int) -> bytes:
    """The content of `ABOUT`, with the number of a colour."""
    return json.dumps({"color": number}).encode()


def number_in(folder: Path) -> int | None:
    """The number of an object's colour; None if it has none yet. What is damaged is a line on stderr."""
    path = folder / ABOUT
    try:
        number = read_json(path)["color"]
        if not is_int(number, 0):
            raise ValueError
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        say(f'{path}: expected {{"color": a whole number}}, received something else. It gets a new colour.')
        return None
    return number


def say(line: str) -> None:
    """On stderr."""
    print(one_line(line), file=sys.stderr)
