"""Files that this program wrote, read back after they changed hands, were edited, or rotted.

What comes from them is limited before it is unpacked, and checked before it is believed: JSON of finite numbers, few levels
and text that can be written again; arrays of plain numbers that are as long as they say.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from edge_demo.plain_file import could_not_look, plain_size, read_plain

MOST_JSON_BYTES = 64 * 2**20
MOST_ARCHIVE_BYTES = 4 * 2**30  # of all that an archive unpacks to
MOST_LEVELS = 32  # of JSON in JSON
_PLAIN = "biufU"  # kinds of NumPy's types that are numbers, or text

File = str | os.PathLike[str] | BinaryIO


class Damaged(ValueError):
    """A file is not what it was when it was written: one line that says in what."""


class Lacking(Damaged):
    """An archive is whole, but has no such member."""


def read_json(path: str | os.PathLike[str]) -> Any:
    """What a JSON file holds, as `parsed`.

    Raises:
        Damaged: if it can't be read, is too large, or `parsed` refuses it.
        FileNotFoundError: if there is none.
    """
    with _damage():
        content = read_plain(path)
    return parsed(content)


def parsed(content: bytes | str) -> Any:
    """JSON's value. Raises Damaged for what is no JSON, and for numbers, texts and depths that nothing of ours writes."""
    with _damage():
        if len(content) > MOST_JSON_BYTES:
            raise ValueError(f"more than {MOST_JSON_BYTES} bytes")
        value = json.loads(content)
        _check(value, MOST_LEVELS)
    return value


def member_of(file: File, name: str, most_bytes: int = MOST_JSON_BYTES) -> bytes:
    """One file of a zip archive.

    Raises:
        Lacking: if the archive has none of this name.
        Damaged: if it can't be read, or is larger.
        FileNotFoundError: if there is no archive.
    """
    with opened(file) as archive:
        if name not in archive.namelist():
            raise Lacking(f"it has no {name}")
        if archive.getinfo(name).file_size > most_bytes:
            raise Damaged(f"{name} has more than {most_bytes} bytes")
        return archive.read(name)


def arrays_of(file: File, most_bytes: int = MOST_ARCHIVE_BYTES) -> dict[str, np.ndarray]:
    """All arrays of an `.npz`, by name: numbers or text, finite or not.

    Raises:
        Damaged: if it can't be read, unpacks to more, or an array is not as long as it says.
        FileNotFoundError: if there is none.
    """
    with opened(file, most_bytes) as archive:
        return {info.filename.removesuffix(".npy"): _array(archive.read(info)) for info in archive.infolist()}


def mapped(path: str | os.PathLike[str]) -> np.ndarray:
    """The array of an `.npy` file, which stays there: read where it is looked at.

    Raises:
        Damaged: if it can't be read, or is not as long as it says.
        FileNotFoundError: if there is none.
    """
    with _damage():
        plain_size(path)
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(array, np.memmap) or array.dtype.kind not in _PLAIN:
            raise ValueError("it holds no array of numbers")
        if array.offset + array.nbytes != os.path.getsize(path):
            raise ValueError(f"an array {array.dtype} {array.shape} in {os.path.getsize(path)} bytes")
        return array


@contextlib.contextmanager
def opened(file: File, most_bytes: int = MOST_ARCHIVE_BYTES) -> Iterator[zipfile.ZipFile]:
    """A zip archive, of which nothing is unpacked that is larger in all; errors in the block are `Damaged`, too."""
    with _damage(), zipfile.ZipFile(_plain(file)) as archive:
        if sum(info.file_size for info in archive.infolist()) > most_bytes:
            raise ValueError(f"it unpacks to more than {most_bytes} bytes")
        yield archive


def _plain(file: File) -> File:
    """The file itself, if it is one."""
    if isinstance(file, (str, os.PathLike)):
        plain_size(file)
    return file


def is_finite(array: np.ndarray, dtype: type, shape: tuple[int | None, ...]) -> bool:
    """Whether an array is of this type and shape (None: any size), every number finite."""
    fits = array.dtype == dtype and array.ndim == len(shape)
    fits = fits and all(wanted in (None, size) for size, wanted in zip(array.shape, shape, strict=True))
    return fits and bool(np.isfinite(array).all())


def is_number(value: Any, low: float = -math.inf, high: float = math.inf) -> bool:
    """Whether JSON's value is a finite number within bounds."""
    return type(value) in (int, float) and math.isfinite(value) and low <= value <= high


def is_int(value: Any, low: float = -math.inf, high: float = math.inf) -> bool:
    """Whether JSON's value is a whole number within bounds."""
    return isinstance(value, int) and is_number(value, low, high)


def _check(value: Any, levels: int, name: str = "") -> None:
    if isinstance(value, str):
        value.encode(
            errors="surrogateescape"
        )  # half a character can't be written; a byte of a file's name can
    elif isinstance(value, (int, float)):
        if (isinstance(value, int) and abs(value) >= 2**63) or not math.isfinite(value):
            raise ValueError(
                f"Invalid `{name}`. Expected a finite number of 64 bits, received: {value!r:.40}"
            )
    elif isinstance(value, (list, dict)):
        if not levels:
            raise ValueError(f"more than {MOST_LEVELS} levels")
        for inner in value:
            _check(inner, levels - 1, name)
            if isinstance(value, dict):
                _check(value[inner], levels - 1, inner)


def _array(content: bytes) -> np.ndarray:
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    shape, by_columns, dtype = readers[version](file)
    if dtype.kind not in _PLAIN or math.prod(shape) * dtype.itemsize != len(content) - file.tell():
        raise ValueError(f"an array {dtype} {shape} of {len(content)} bytes")
    # A copy, because what is read out of bytes can't be written to.
    return (
        np.frombuffer(content, dtype, offset=file.tell())
        .reshape(shape, order="F" if by_columns else "C")
        .copy()
    )


@contextlib.contextmanager
def _damage() -> Iterator[None]:
    """Whatever a library meets in broken bytes, of which they have many ways to complain, is `Damaged`.

    Raises:
        OSError: if there was no descriptor or no memory to look with.
    """
    try:
        yield
    except (Damaged, FileNotFoundError):
        raise
    except Exception as error:
        if could_not_look(error):
            raise
        said = (getattr(error, "strerror", None) or str(error)).strip().splitlines()
        raise Damaged(f"{said[0]:.120}" if said else type(error).__name__) from None
