"""What a model file says about itself: the edge's only source of numbers.

A `.tflite` file is a flatbuffer; behind it we append a zip with one file, `metadata.json`. LiteRT reads from
the front and never sees the zip, `zipfile` reads from the back and never minds the flatbuffer.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge_demo import own_file
from edge_demo.errors import EdgeError
from edge_demo.model.thetas import LOCATED
from edge_demo.own_file import is_int, is_number
from edge_demo.plain_file import could_not_look, plain_size
from edge_demo.whole_file import beside

SCHEMA = 2  # since 2 a frame is seen by a signature of its own
MEMBER = "metadata.json"
CHANNELS = {"gray": 1, "rgb": 3}
FIT = {"mode": "stretch", "interpolation": "area"}  # the one way here from a frame to the network's image
LAYOUT_FIELDS = ("bias", "cells", "colour", "kind")
ALIGNER_FIELDS = ("command", "commit", "quantization", "scores")
MOST_BYTES = 2**20  # of `metadata.json`
MOST = 1e6  # of a distance, a level or a weight, to either side: those of a training are far below, and nothing overflows
CHECKSUM = b"crc32 of the model: "  # and eight hexadecimal digits, the comment of what is appended
CONVERT = "Convert a checkpoint with: python export/to_tflite.py"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Metadata:
    """The fields of `metadata.json`, checked; the JSON keys are the same.

    Raises:
        EdgeError: if a field is not what its line says, or two fields contradict each other.
    """

    schema: int = SCHEMA
    image_hw: tuple[int, int]  # (height, width) of the network's image, pixels
    channels: int  # 1 or 3, as `color` says
    color: str  # "gray" or "rgb"
    value_range: tuple[float, float]  # what black and white are to the network: (0.0, 1.0)
    fit: dict[str, str]  # how a frame becomes the network's image: stretched, by area
    localiser: str  # the training side's name of it, to be shown
    theta_kind: str | None  # one of `thetas.LOCATED`; None: nothing is located, the whole image is the target
    crop_hw: tuple[int, int]  # (height, width) of the target area that the encoder sees, pixels
    embedding_dim: int  # E
    descriptor_shape: tuple[int, int] | None  # (K, D) of what guides the localiser; None: nothing does
    decision: str  # "distance": Euclidean, eq. 9; "joined": minus the logit of the joined head
    threshold: float  # two embeddings match if their distance is at most this
    score_curve: dict[str, list[float]]  # "distance" ascending, "score" descending; linear in between
    quantization: str  # "none", "int8-qat", ...
    training_command: str
    commit: str  # of the training code
    scores: dict[str, Any]  # what the training side measured
    # How a model that looks at several places decides between them, "trust" and "context" as in `matcher`; None: it
    # looks at one, or decides by itself.
    looks: dict[str, float] | None = None
    # Levels below which the signs of `early_no` say that an object is not there; None: each is looked at closely.
    early_no: dict[str, float] | None = None
    # What is known of the aligner that was joined with the model: "command" and "commit" of its training, "quantization",
    # "scores"; None: the file has none.
    aligner: dict[str, Any] | None = None
    # Weights of the likeness that `layout` decides by; None: the file has no cells to search with.
    layout: dict[str, float] | None = None
    # What is known of the describer that was joined with the model, as of the aligner; None: the file has none.
    cells: dict[str, Any] | None = None
    # The same of the teller; None: what searches also decides.
    telling: dict[str, Any] | None = None
    # Fingerprints of the photos that were learned from ("train") and calibrated on ("val"), for the training side; None: not known.
    seen: dict[str, str] | None = None

    def __post_init__(self):
        for name, (expected, holds) in _EXPECTED.items():
            value = getattr(self, name)
            if isinstance(value, list):  # JSON has no tuples
                value = tuple(value)
                object.__setattr__(self, name, value)
            if not holds(value):
                raise EdgeError(f"Invalid `{name}`. Expected {expected}, received: {value!r:.80}.")
        channels = CHANNELS[self.color]
        if self.channels != channels:
            raise EdgeError(
                f"Invalid `channels`. Expected {channels} for {self.color!r}, received: {self.channels}."
            )
        if self.theta_kind is None and self.descriptor_shape is not None:
            raise EdgeError(
                f"Invalid `descriptor_shape`. Expected null where nothing is located (`theta_kind` is null), received: "
                f"{self.descriptor_shape!r}."
            )
        for name in ("cells", "telling"):
            if getattr(self, name) is not None and self.layout is None:
                raise EdgeError(
                    f"Invalid `layout`. Expected weights where the file has `{name}`, received: None."
                )


def read(path: str | os.PathLike[str]) -> Metadata:
    """Reads the metadata of a model file.

    Raises:
        EdgeError: if the file is missing, no TFLite model, or its metadata is missing, newer or wrong.
    """
    check(path)
    try:
        content = own_file.member_of(path, MEMBER, MOST_BYTES)
    except own_file.Damaged as error:
        raise EdgeError(
            f"{path}: expected a TFLite model with our {MEMBER} behind it, found none ({error}): the file is cut "
            f"short, or another program wrote it. {CONVERT}"
        ) from None
    try:
        fields = own_file.parsed(content)
    except own_file.Damaged as error:
        raise EdgeError(f"{path}: expected {MEMBER} to be JSON, received: {error}. {CONVERT}") from None
    if not isinstance(fields, dict):
        raise EdgeError(f"{path}: expected {MEMBER} to be a JSON object, received: {fields!r:.40}. {CONVERT}")
    schema = fields.get("schema")
    if is_int(schema) and schema > SCHEMA:
        raise EdgeError(
            f"{path}: expected schema {SCHEMA}, received the newer schema {schema}. Update edge_demo."
        )
    if is_int(schema) and schema < SCHEMA:
        raise EdgeError(
            f"{path}: expected schema {SCHEMA}, received the older schema {schema}. Convert its checkpoint again with: "
            f"python export/to_tflite.py"
        )
    known = dataclasses.fields(Metadata)
    needed = [field.name for field in known if field.default is dataclasses.MISSING or field.name == "schema"]
    missing = [name for name in needed if name not in fields]
    if missing:
        raise EdgeError(f"{path}: expected {MEMBER} to say `{'`, `'.join(missing)}`, found none. {CONVERT}")
    try:
        return Metadata(**{field.name: fields[field.name] for field in known if field.name in fields})
    except EdgeError as error:
        raise EdgeError(f"{path}: {MEMBER}: {error} {CONVERT}") from None


def append(path: str | os.PathLike[str], metadata: Metadata) -> None:
    """Appends metadata to a model file, as `append_json`."""
    append_json(path, MEMBER, dataclasses.asdict(metadata))


def append_json(path: str | os.PathLike[str], member: str, content: dict[str, Any]) -> None:
    """Appends a JSON file to a model file, or replaces what was appended before. The file is never half-written.

    The same model and content give the same bytes, whenever and wherever they are written.

    Args:
        path: of the model file.
        member: name of the JSON file inside the appended zip.
        content: what JSON can hold.

    Raises:
        EdgeError: if `path` is not a TFLite model or cannot be written.
    """
    path = Path(path)
    flatbuffer = read_flatbuffer(path)
    # A fixed date: zipfile would write the present one, and no two conversions would be equal.
    info = zipfile.ZipInfo(member, date_time=(1980, 1, 1, 0, 0, 0))
    info.comment = _checksum(flatbuffer)
    try:
        with beside(path) as partial:
            partial.write_bytes(flatbuffer)
            with zipfile.ZipFile(partial, "a") as archive:
                archive.writestr(info, json.dumps(content, indent=1, allow_nan=False))
    except OSError as error:
        raise EdgeError(f"{path}: expected to write the metadata, received: {error.strerror}.") from None


def read_flatbuffer(path: str | os.PathLike[str]) -> bytes:
    """A model file without what was appended to it. Raises EdgeError if it is no TFLite model."""
    check(path)
    return Path(path).read_bytes()[: _appended(path)[0]]


def check(path: str | os.PathLike[str]) -> None:
    """Whether a file is a TFLite model, and as it was when something was appended to it.

    Native code that loads a model believes most of what it says; so bytes that changed since must not get there.

    Raises:
        EdgeError: if it can't be read, is no model, or was changed.
    """
    try:
        plain_size(path)
        with open(path, "rb") as file:
            head = file.read(8)
    except FileNotFoundError:
        raise EdgeError(f"{path}: expected a model, found no such file. {CONVERT}") from None
    except OSError as error:
        if could_not_look(error):
            raise
        raise EdgeError(
            f"{path}: expected a readable model file, received: {error.strerror}. {CONVERT}"
        ) from None
    if head[4:] != b"TFL3":  # the file identifier in TFLite's flatbuffer schema
        raise EdgeError(f"{path}: expected a TFLite model, received another kind of file. {CONVERT}")
    size, comment = _appended(path)
    if comment.startswith(CHECKSUM) and comment != _checksum(Path(path).read_bytes()[:size]):
        raise EdgeError(
            f"{path}: expected the model that was exported, received one that was changed or damaged since. Copy it again. "
            f"{CONVERT}"
        )


def _checksum(flatbuffer: bytes) -> bytes:
    return CHECKSUM + b"%08x" % zlib.crc32(flatbuffer)


def _appended(path: str | os.PathLike[str]) -> tuple[int, bytes]:
    """Where the appended zip begins, or the whole size without one; and the comment of what is in it."""
    size = Path(path).stat().st_size
    try:
        with own_file.opened(path) as archive:
            members = archive.infolist()
    except own_file.Damaged:  # a model without metadata, or one that is cut: who needs them says so
        return size, b""
    begins = min((max(info.header_offset, 0) for info in members), default=size)
    return begins, b"".join(info.comment for info in members)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_int_pair(value: Any, low: int) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(is_int(n) and n >= low for n in value)


def is_numbers(value: Any, names: set[str]) -> bool:
    return isinstance(value, dict) and set(value) == names and all(map(_is_moderate, value.values()))


def _is_moderate(value: Any) -> bool:
    return is_number(value, -MOST, MOST)


def _is_curve(value: Any) -> bool:
    if not (isinstance(value, dict) and set(value) == {"distance", "score"}):
        return False
    distance, score = value["distance"], value["score"]
    if not all(
        isinstance(axis, (list, tuple)) and all(map(_is_moderate, axis)) for axis in (distance, score)
    ):
        return False
    ascending = all(low < high for low, high in itertools.pairwise(distance))
    descending = all(high >= low for high, low in itertools.pairwise(score))
    return len(distance) == len(score) >= 2 and ascending and descending and 0 <= score[-1] <= score[0] <= 1


_JOINED = (  # what is known of a part
    f"null or an object of {', '.join(ALIGNER_FIELDS)}",
    lambda value: value is None or (isinstance(value, dict) and tuple(sorted(value)) == ALIGNER_FIELDS),
)
_EXPECTED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "schema": (f"{SCHEMA}", lambda value: is_int(value) and value == SCHEMA),
    "image_hw": ("[height, width], two ints >= 2", lambda value: _is_int_pair(value, 2)),
    "channels": ("1 or 3", lambda value: is_int(value) and value in CHANNELS.values()),
    "color": ('"gray" or "rgb"', lambda value: _is_text(value) and value in CHANNELS),
    "value_range": ("[0.0, 1.0]", lambda value: value == (0, 1)),
    "fit": (json.dumps(FIT), lambda value: value == FIT),
    "localiser": ("a string", _is_text),
    "theta_kind": (
        f"null or one of {', '.join(LOCATED)}",
        lambda value: value is None or (_is_text(value) and value in LOCATED),
    ),
    "crop_hw": ("[height, width], two ints >= 2", lambda value: _is_int_pair(value, 2)),
    "embedding_dim": ("an int >= 1", lambda value: is_int(value) and value >= 1),
    "descriptor_shape": (
        "null or [K, D], two ints >= 1",
        lambda value: value is None or _is_int_pair(value, 1),
    ),
    "decision": ('"distance" or "joined"', lambda value: value in ("distance", "joined")),
    "threshold": (f"a number from {-MOST:g} to {MOST:g}", _is_moderate),
    "score_curve": (
        '{"distance": ascending numbers, "score": as many, descending in [0, 1]}, at least two each',
        _is_curve,
    ),
    "quantization": ("a string", _is_text),
    "training_command": ("a string", _is_text),
    "commit": ("a string", _is_text),
    "scores": ("an object", lambda value: isinstance(value, dict)),
    "looks": (
        'null or {"trust": a number, "context": a number}',
        lambda value: value is None or is_numbers(value, {"trust", "context"}),
    ),
    "early_no": (
        'null or {"parts": a number, "heat": a number}',
        lambda value: value is None or is_numbers(value, {"parts", "heat"}),
    ),
    "layout": (
        f"null or an object of numbers {', '.join(LAYOUT_FIELDS)}",
        lambda value: value is None or is_numbers(value, set(LAYOUT_FIELDS)),
    ),
    "aligner": _JOINED,
    "cells": _JOINED,
    "telling": _JOINED,
    "seen": (
        "null or an object of two strings, train and val",
        lambda value: (
            value is None
            or (
                isinstance(value, dict)
                and set(value) == {"train", "val"}
                and all(map(_is_text, value.values()))
            )
        ),
    ),
}
