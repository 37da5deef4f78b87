"""Many pairs of pictures, each of a reference and of a picture to find it in: a line of JSON for each.

References are described once, and a picture that comes several times in a row is read once, so sort the pairs by picture if
there are more references than are remembered.
"""

from __future__ import annotations

import csv
import functools
import io
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.gallery.palette import COLORS
from edge_demo.gallery.views import KnownObject
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import ObjectMatch
from edge_demo.model.preprocess import read_picture
from edge_demo.plain_file import read_plain
from edge_demo.results.match_fields import match_fields
from edge_demo.whole_file import written_whole

COLUMNS = ("reference", "picture")
MOST_REMEMBERED = 256  # references, a MB each

Find = Callable[[np.ndarray, KnownObject], ObjectMatch]  # searches a picture, (H, W, 3) uint8, for an object


def read(path: Path) -> list[dict[str, str]]:
    """The pairs of a CSV file: dicts of `COLUMNS`, as given; "" where a line has no more.

    Raises:
        EdgeError: if it can't be read, or its first line does not name the columns.
    """
    try:
        text = io.StringIO(read_plain(path).decode("utf-8-sig"), newline="")
        reader = csv.DictReader(text, restval="")
        columns = reader.fieldnames or []
        if not set(COLUMNS) <= set(columns):
            raise EdgeError(
                f"{path}: expected the columns {' and '.join(COLUMNS)}, a comma between, in its first line, received: "
                f"{', '.join(columns) or 'none'}. Name them."
            )
        return [{column: row[column] for column in COLUMNS} for row in reader]
    except OSError as error:
        raise EdgeError(f"{path}: expected pairs of pictures, received: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise EdgeError(f"{path}: expected a CSV file in UTF-8, received: {error}. Save it again.") from None


def run(
    matcher: Matcher,
    find: Find,
    pairs: Sequence[dict[str, str]],
    folder: Path,
    out: Path,
    overwrite: bool,
) -> int:
    """Compares all pairs; returns the exit code: 0, or 2 if a pair could not be compared.

    Args:
        matcher: describes the references.
        find: them.
        pairs: as `read` gives them.
        folder: that their paths are taken from.
        out: the file of lines; it is whole or not there.
        overwrite: whether it may be there already.

    Raises:
        EdgeError: if it is there and may not be, or can't be written.
    """
    if out.exists() and not overwrite:
        raise EdgeError(f"{out}: expected a new file, found one. Choose another --out or add --overwrite.")

    @functools.lru_cache(MOST_REMEMBERED)
    def known(path: Path) -> KnownObject:
        return KnownObject(path.stem, COLORS[0], (matcher.describe(read_picture(path), path.stem),))

    picture_of = functools.lru_cache(1)(read_picture)
    found = failed = 0
    try:
        with written_whole(out) as file:
            for number, pair in enumerate(pairs):
                _say_progress(number, len(pairs))
                try:
                    fields = _compared(find, known, picture_of, folder, pair)
                except EdgeError as error:
                    fields = {"error": str(error)}
                    failed += 1
                else:
                    found += fields["match"]
                line = json.dumps(pair | fields, ensure_ascii=False, allow_nan=False)
                file.write((line + "\n").encode())
            _say_progress(len(pairs), len(pairs))
    except OSError as error:
        raise EdgeError(
            f"{out}: expected to write it, received: {error.strerror}. Choose another --out."
        ) from None
    print(f"{len(pairs)} pairs: {found} found; wrote {out}")
    if failed:
        print(
            f"error: {failed} of {len(pairs)} pairs could not be compared; their lines in {out} say why.",
            file=sys.stderr,
        )
    return 2 if failed else 0


def _compared(
    find: Find,
    known: Callable[[Path], KnownObject],
    picture_of: Callable[[Path], np.ndarray],
    folder: Path,
    pair: dict[str, str],
) -> dict[str, object]:
    """What is found of a pair. Raises EdgeError if one of the two can't be used."""
    missing = [column for column in COLUMNS if not pair[column].strip()]
    if missing:
        raise EdgeError(f"Expected two pictures, received no {' and no '.join(missing)}. Name it.")
    reference, picture = (folder / pair[column].strip() for column in COLUMNS)
    return match_fields(find(picture_of(picture), known(reference)))


def _say_progress(done: int, count: int) -> None:
    """How far it is, where somebody looks."""
    if sys.stderr.isatty():
        print(f"\r{done} of {count} pairs", end="\n" if done == count else "", file=sys.stderr, flush=True)
