"""What a model makes of the pictures of a folder, kept beside each of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.gallery.object_folder import in_order, say
from edge_demo.gallery.portrait import portrait
from edge_demo.model import description
from edge_demo.model.alignment.outline import OFF
from edge_demo.model.matcher import Matcher
from edge_demo.model.preprocess import read_picture
from edge_demo.model.reference import Reference
from edge_demo.picture_files import contents_of, say_left_out


def all_described(
    folder: Path, name: str, matcher: Matcher, model_hash: str
) -> tuple[list[Reference], bytes] | None:
    """What a model makes of the pictures of a folder, in their order, and a portrait of the first; None of one that can't be read.

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
        say(f"Left out: {folder}: expected a readable folder, received: {error.strerror}.")
        return None
    say_left_out(contents.left_out)
    found, picture = [], b""
    for path in in_order(contents.pictures):
        try:
            picture_bgr_u8 = read_picture(path)
            found.append(_described(path, picture_bgr_u8, name, matcher, model_hash))
            picture = picture or portrait(picture_bgr_u8)
        except EdgeError as error:
            say(f"Left out: {error}")
    return found, picture


def _described(
    path: Path, picture_bgr_u8: np.ndarray, name: str, matcher: Matcher, model_hash: str
) -> Reference:
    """From the file beside a picture if that fits, and if not, made and kept there."""
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
