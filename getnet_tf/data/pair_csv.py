"""Labelled pairs from a CSV file: `image0,image1,label`, one pair a line, 1 for same and 0 for different."""

import csv
import dataclasses
import io
import os
import pathlib

import numpy as np

from edge_demo.plain_file import read_plain
from getnet_tf.errors import InputError

COLUMNS = ("image0", "image1", "label")
ADVICE = "Expected a CSV file with the header image0,image1,label and a label of 0 or 1 in every line."


@dataclasses.dataclass(frozen=True, eq=False)
class LabelledPairs:
    """Pairs over a list of unique pictures."""

    paths: tuple[str, ...]  # N files, in the order in which they first appear
    index0: np.ndarray  # (M,) int64, places in `paths`
    index1: np.ndarray  # (M,) int64
    label: np.ndarray  # (M,) float32, 1 = same, 0 = different

    def __len__(self):
        return len(self.label)

    def subset(self, index):
        """Some of the pairs, in the order of `index` (K,) int; pictures without a pair drop out."""
        pairs = np.stack([self.index0[index], self.index1[index]])
        kept, places = np.unique(pairs, return_inverse=True)
        index0, index1 = places.reshape(pairs.shape).astype(np.int64)
        return LabelledPairs(tuple(self.paths[i] for i in kept), index0, index1, self.label[index])


def read_pairs(path):
    """Reads labelled pairs; further columns and empty lines are ignored.

    Args:
        path: CSV file in UTF-8. Its pictures are named relative to its own folder, or absolutely.

    Returns:
        `LabelledPairs`, in the order of the file.

    Raises:
        InputError: naming the line, if a column, a value or a picture is missing, a label is neither 0 nor 1, a picture
            is paired with itself, or a pair appears with both labels; or if there is no file or no pair.
    """
    try:
        text = io.StringIO(read_plain(path).decode("utf-8-sig"), newline="")
        return _pairs(_lines(csv.reader(text, strict=True), path), path)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error.reason}). {ADVICE}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}. {ADVICE}") from None


def _lines(reader, path):
    """Yields (line number, fields) of lines that are not empty."""
    try:
        for fields in reader:
            fields = [field.strip() for field in fields]
            if any(fields):
                yield reader.line_num, fields
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}. {ADVICE}") from None


def _pairs(lines, path):
    _, header = next(lines, (1, []))
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        received = ",".join(header)
        raise InputError(
            f"{path}, line 1: column {', '.join(missing)} is missing, received {received!r:.80}. {ADVICE}"
        )
    columns = [header.index(name) for name in COLUMNS]
    folder = pathlib.Path(path).parent
    place, seen, rows = {}, {}, []  # place of each file; label and line of each pair; rows of the result
    for number, fields in lines:
        where = f"{path}, line {number}"
        if len(fields) <= max(columns) or not all(fields[column] for column in columns):
            raise InputError(
                f"{where}: expected image0, image1 and label, received {','.join(fields)!r:.80}. {ADVICE}"
            )
        *names, label = (fields[column] for column in columns)
        if label not in ("0", "1"):
            raise InputError(f"{where}: expected label 0 or 1, received {label!r:.40}. Correct it.")
        pair = []
        for name in names:
            file = os.path.normpath(folder / name)
            if file not in place:
                if not os.path.isfile(file):
                    raise InputError(
                        f"{where}: no such picture: {file!r}. Names are relative to the CSV file's folder."
                    )
                place[file] = len(place)
            pair.append(place[file])
        if pair[0] == pair[1]:
            raise InputError(
                f"{where}: {names[0]!r} is paired with itself. Take another picture, or delete the line."
            )
        before, line = seen.setdefault(frozenset(pair), (label, number))
        if before != label:
            raise InputError(
                f"{where}: this pair has label {label} here and {before} in line {line}. Correct one."
            )
        rows.append((*pair, int(label)))
    if not rows:
        raise InputError(f"{path}: no pairs after the header. {ADVICE}")
    index0, index1, label = np.array(rows, np.int64).T
    return LabelledPairs(tuple(place), index0, index1, label.astype(np.float32))
