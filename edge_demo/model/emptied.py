"""A model file without the functions that nobody will call.

Why it exists: LiteRT prepares every function of a file and packs its weights anew, 6 to 11 MB for each of the shipped
model's. No option of its interpreter leaves one out; a function without operators has nothing to prepare.

Source: tensorflow/lite/schema/schema.fbs, and "FlatBuffer Internals" on flatbuffers.dev for how tables lie in memory.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator

_SUBGRAPHS, _SIGNATURES = 2, 7  # fields of the table Model
_NAME, _SUBGRAPH = 2, 4  # of SignatureDef
_OPERATORS = 3  # of SubGraph


def without(model: bytes, names: Collection[str]) -> bytes:
    """The same model, but signatures of these names have no operators left and must not be called.

    A subgraph that another signature shares stays as it is.

    Args:
        model: a `.tflite` file.
        names: of signatures; one that the file lacks is no error.

    Raises:
        ValueError: if the file is damaged.
    """
    data = bytearray(model)
    try:
        root = _follow(data, 0)
        subgraphs = list(_tables(data, root, _SUBGRAPHS))
        used = [(_key(data, table), _number(data, table)) for table in _tables(data, root, _SIGNATURES)]
        kept = {number for key, number in used if key not in names}
        for number in {number for _, number in used} - kept:
            struct.pack_into("<I", data, _vector(data, subgraphs[number], _OPERATORS), 0)
    except (struct.error, IndexError, UnicodeDecodeError):
        raise ValueError("the file is damaged.") from None
    return bytes(data)


def _key(data: bytearray, signature: int) -> str:
    start = _vector(data, signature, _NAME)
    return data[start + 4 : start + 4 + _uint(data, start)].decode()


def _number(data: bytearray, signature: int) -> int:
    """Of the signature's subgraph."""
    place = _field(data, signature, _SUBGRAPH)
    return _uint(data, place) if place else 0  # the format leaves out zeros


def _uint(data: bytearray, place: int) -> int:
    return struct.unpack_from("<I", data, place)[0]


def _follow(data: bytearray, place: int) -> int:
    return place + _uint(data, place)


def _field(data: bytearray, table: int, number: int) -> int:
    """Where a table's field is; 0: left out."""
    entries = table - struct.unpack_from("<i", data, table)[0]
    size = struct.unpack_from("<H", data, entries)[0]
    entry = 4 + 2 * number
    offset = struct.unpack_from("<H", data, entries + entry)[0] if entry < size else 0
    return table + offset if offset else 0


def _vector(data: bytearray, table: int, number: int) -> int:
    """Where a vector or string is: its length, then its elements."""
    return _follow(data, _field(data, table, number))


def _tables(data: bytearray, table: int, number: int) -> Iterator[int]:
    """Where the tables of a vector are."""
    vector = _vector(data, table, number)
    for index in range(_uint(data, vector)):
        yield _follow(data, vector + 4 + 4 * index)
