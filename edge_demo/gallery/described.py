"""What a model makes of the pictures of a folder, kept beside each of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from edge_demo.console import one_line
from edge_demo.errors import EdgeError
from edge_demo.model import description
from edge_demo.model.alignment.outline import OFF
from edge_demo.model.matcher import Matcher
from edge_demo.model.preprocess import read_picture
from edge_demo.model.reference import Reference
from edge_demo.picture_files import contents_of, say_left_out


def all_described(folder: Path, name: str, matcher: Matcher, model_hash: str) -> list[Reference] | None:
    """What a model makes of the pictures of a folder, in their order; None of one that can't be read.

    What can't be used is one line on stderr each, and left out.

    Args:
        folder: of pictures of an object, or of its counter-examples.
        name: of the object.
        matcher: describes.
        model_hash: of its file; descriptions by another are remade.
    """
    try:
        contents = contents_of(folder)
    except OSError as error:
        _say(f"Left out: {folder}: expected a readable folder, received: {error.strerror}.")
        return None
    say_left_out(contents.left_out)
    found = []
    for path in in_order(contents.pictures):
        try:
            found.append(_described(path, name, matcher, model_hash))
        except EdgeError as error:
            _say(f"Left out: {error}")
    return found


def in_order(paths: Iterable[Path]) -> list[Path]:
    """By name, "view-2" before "view-10"."""
    return sorted(paths, key=lambda path: (len(path.stem), path.name))


def _described(path: Path, name: str, matcher: Matcher, model_hash: str) -> Reference:
    """From the file beside a picture if that fits, and if not, made and kept there."""
    picture_bgr_u8 = read_picture(path)
    kept = description.kept(
        path,
        model_hash,
        name,
        matcher.metadata,
        outlined=matcher.outline != OFF,
        told_apart=matcher.layout is not None,
    )
    if kept is not None:
        return kept
    reference = matcher.describe(picture_bgr_u8, name)
    description.keep(path, model_hash, reference)
    return reference


def _say(line: str) -> None:
    print(one_line(line), file=sys.stderr)
