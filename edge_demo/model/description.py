"""What a model made of a picture, kept beside it, so that a start need not describe every picture again.

It belongs to one model file and one picture: both their hashes are in it. It only saves time, so what does not fit, is
damaged or can't be written is no error.
"""

from __future__ import annotations

import contextlib
import io
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.model.alignment.aligner import Shape
from edge_demo.model.layout.layout import Shown
from edge_demo.model.layout.likeness import Upright, compared_cells
from edge_demo.model.layout.templates import Template
from edge_demo.model.metadata import Metadata
from edge_demo.model.reference import Reference
from edge_demo.plain_file import read_plain
from edge_demo.whole_file import write_whole


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
    with contextlib.suppress(OSError):
        write_whole(picture.with_suffix(".npz"), buffer.getvalue())


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
        with np.load(io.BytesIO(read_plain(picture.with_suffix(".npz"))), allow_pickle=False) as arrays:
            if str(arrays["key"]) != _key(picture, model_hash):
                return None
            embedding = arrays["embedding"]
            descriptor = arrays["descriptor"] if "descriptor" in arrays.files else None
            shape = _shape(arrays) if outlined else None
            shown = _unpacked(arrays) if told_apart else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    if (
        embedding.shape != (metadata.embedding_dim,)
        or getattr(descriptor, "shape", None) != metadata.descriptor_shape
    ):
        return None
    return Reference(name, embedding, descriptor, shape, shown)


def _shape(arrays: Mapping[str, np.ndarray]) -> Shape:
    height, width = arrays["hw"].tolist()
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
        "upright_lab": shown.upright.lab,
        "upright_embedding": shown.upright.embedding,
        "wh": np.array(shown.wh),
    }


def _unpacked(arrays: Mapping[str, np.ndarray]) -> Shown:
    cells, numbers = arrays["template_cells"].astype(np.float32), arrays["templates"].tolist()
    ends = np.cumsum([h * w for h, w, *_ in numbers])
    templates = [
        Template(own.reshape(h, w, -1), *rest)
        for own, (h, w, *rest) in zip(np.split(cells, ends[:-1]), numbers, strict=True)
    ]
    cells = arrays["upright_cells"].astype(np.float32)
    upright = Upright(cells, arrays["upright_lab"], arrays["upright_embedding"])
    width, height = arrays["wh"].tolist()
    return Shown(templates, upright, compared_cells((width, height)), (width, height))


def _key(picture: Path, model_hash: str) -> str:
    return f"{model_hash} {hash_of(picture)}"
