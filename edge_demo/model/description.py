"""What a model made of a picture, kept beside it, so that a start need not describe every picture again.

It belongs to one model file and one picture: both their hashes are in it. It only saves time, so what does not fit, is
damaged or can't be written is no error.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.model.alignment.aligner import Shape
from edge_demo.model.alignment.turns import TURNS
from edge_demo.model.layout.cells import CANVAS_CELLS
from edge_demo.model.layout.layout import Shown
from edge_demo.model.layout.likeness import Upright, compared_cells
from edge_demo.model.layout.templates import SIZES_PX, Template
from edge_demo.model.metadata import Metadata
from edge_demo.model.reference import Reference
from edge_demo.own_file import arrays_of, is_finite
from edge_demo.plain_file import read_plain
from edge_demo.whole_file import make_room, write_whole

MOST_BYTES = 2**28  # of a description, unpacked: a picture's are 5 MB
# Of a template: its height and width in cells, how many count, its size and its turn.
_LEAST = (1, 1, 1, 0, 0)
_MOST = (CANVAS_CELLS, CANVAS_CELLS, CANVAS_CELLS**2, len(SIZES_PX) - 1, TURNS - 1)


def hash_of(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file, as hexadecimal digits.

    Raises:
        EdgeError: if it can't be read.
    """
    import hashlib  # here, because it loads OpenSSL, 4 MB that only a gallery needs

    try:
        return hashlib.sha256(read_plain(path)).hexdigest()
    except OSError as error:
        raise EdgeError(f"{path}: expected a readable file, received: {error.strerror}.") from None


def keep(picture: Path, model_hash: str, reference: Reference) -> None:
    """Keeps the description of a picture file beside it: "view-1.npz" beside "view-1.png"."""
    arrays = {"key": np.array(_key(picture, model_hash)), "embedding": reference.embedding}
    if reference.descriptor is not None:
        arrays["descriptor"] = reference.descriptor
    if reference.shape is not None:
        image_u8 = np.rint(reference.shape.image * 255).astype(np.uint8)  # which it was, a quarter as large
        arrays |= {"image": image_u8, "turns": reference.shape.turns, "hw": np.array(reference.shape.hw)}
    if reference.shown is not None:
        arrays |= _packed(reference.shown)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    path = picture.with_suffix(".npz")
    with contextlib.suppress(OSError):
        make_room(path)
        write_whole(path, buffer.getvalue())


def kept(
    picture: Path,
    model_hash: str,
    name: str,
    metadata: Metadata,
    outlined: bool = False,
    told_apart: bool = False,
) -> Reference | None:
    """The description of a picture file by this model, under this name; None if there is none that fits.

    With `outlined` only one with a shape fits, with `told_apart` only one with a layout; without, they are left where they are.
    """
    try:
        arrays = arrays_of(picture.with_suffix(".npz"), MOST_BYTES)
        if str(arrays["key"]) != _key(picture, model_hash):
            return None
        _require(arrays, "embedding", np.float32, (metadata.embedding_dim,))
        if metadata.descriptor_shape is not None:
            _require(arrays, "descriptor", np.float32, metadata.descriptor_shape)
        shape = _shape(arrays) if outlined else None
        shown = _unpacked(arrays, metadata) if told_apart else None
    except (OSError, ValueError, KeyError):
        return None
    descriptor = None if metadata.descriptor_shape is None else arrays["descriptor"]
    return Reference(name, arrays["embedding"], descriptor, shape, shown)


def _require(arrays: Mapping[str, np.ndarray], name: str, dtype: type, shape: tuple[int | None, ...]) -> None:
    """Raises ValueError if an array is another than it was written, KeyError if it is not there."""
    if not is_finite(arrays[name], dtype, shape):
        raise ValueError(name)


def _shape(arrays: Mapping[str, np.ndarray]) -> Shape:
    height, width = _side_pair(arrays, "hw")
    _require(arrays, "image", np.uint8, (1, None, None, 3))
    turns_dtype = (
        np.int8 if arrays["turns"].dtype == np.int8 else np.float32
    )  # as the model file hands them over
    _require(arrays, "turns", turns_dtype, (TURNS, None, None, None))
    return Shape(arrays["image"].astype(np.float32) / 255, arrays["turns"], (height, width))


def _packed(shown: Shown) -> dict[str, np.ndarray]:
    """What a layout knows, as arrays; numbers of 16 bits are as good for cosines, and half as large."""
    templates = shown.templates
    cells = [template.cells.reshape(-1, template.cells.shape[-1]) for template in templates]
    numbers = [(*one.cells.shape[:2], one.count, one.size, one.turn) for one in templates]
    return {
        "templates": np.array(numbers, np.int16),
        "template_cells": np.concatenate(cells).astype(np.float16),
        "upright_cells": shown.upright.cells.astype(np.float16),
        "upright_ab": shown.upright.ab,
        "upright_embedding": shown.upright.embedding,
        "cells": shown.cells.astype(np.float16),
        "wh": np.array(shown.wh),
    }


def _unpacked(arrays: Mapping[str, np.ndarray], metadata: Metadata) -> Shown:
    width, height = _side_pair(arrays, "wh")
    _require(arrays, "upright_cells", np.float16, (CANVAS_CELLS, CANVAS_CELLS, None))
    _require(arrays, "upright_ab", np.float32, (CANVAS_CELLS, CANVAS_CELLS, 2))
    _require(arrays, "upright_embedding", np.float32, (metadata.embedding_dim,))
    _require(arrays, "cells", np.float16, (CANVAS_CELLS, CANVAS_CELLS, None))
    _require(arrays, "template_cells", np.float16, (None, arrays["cells"].shape[-1]))
    _require(arrays, "templates", np.int16, (None, 5))
    if not ((arrays["templates"] >= _LEAST) & (arrays["templates"] <= _MOST)).all():
        raise ValueError("templates")
    cells, numbers = arrays["template_cells"].astype(np.float32), arrays["templates"].tolist()
    ends = np.cumsum([h * w for h, w, *_ in numbers])
    templates = [
        Template(own.reshape(h, w, -1), *rest)
        for own, (h, w, *rest) in zip(np.split(cells, ends[:-1]), numbers, strict=True)
    ]
    cells = arrays["upright_cells"].astype(np.float32)
    upright = Upright(cells, arrays["upright_ab"], arrays["upright_embedding"])
    searched = arrays["cells"].astype(np.float32)
    return Shown(templates, upright, searched, compared_cells((width, height)), (width, height))


def _side_pair(arrays: Mapping[str, np.ndarray], name: str) -> tuple[int, int]:
    _require(arrays, name, np.int64, (2,))
    if (arrays[name] < 1).any():
        raise ValueError(name)
    return tuple(arrays[name].tolist())


def _key(picture: Path, model_hash: str) -> str:
    return f"{model_hash} {hash_of(picture)}"
