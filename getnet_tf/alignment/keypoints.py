"""Pairs of pictures with key points: what an aligner is measured on.

    FOLDER/car_side/NAME.jpg    a picture; pictures of one sub-class show things of one kind from one side
    FOLDER/car_side/NAME.csv    its key points: a header "x_px,y_px", then a line each, the same points in the same order

Pixels are those of `getnet_tf.geometry`: pixel centres lie at integers, x comes first.

Source: PF-WILLOW has this form (Ham, Cho, Schmid, Ponce 2016, arXiv:1511.05065).
"""

import csv
import dataclasses
import io
import itertools
import pathlib

import numpy as np

from edge_demo.picture_files import PICTURE_SUFFIXES
from edge_demo.plain_file import read_plain
from getnet_tf.data.picture import read_rgb
from getnet_tf.errors import InputError

COLUMNS = ("x_px", "y_px")
FORM = f'Expected a header "{",".join(COLUMNS)}" and a line for each point, in pixels.'


@dataclasses.dataclass(frozen=True, eq=False)
class KeyedPicture:
    """A picture and where its key points are."""

    path: pathlib.Path
    picture: np.ndarray  # (H, W, 3) uint8, RGB
    points_px: np.ndarray  # (N, 2) float64

    @property
    def subclass(self):
        """The name of the folder that it lies in."""
        return self.path.parent.name


def read_pairs(folder):
    """All ordered pairs (A, B) of different pictures of a sub-class, sub-class by sub-class.

    Args:
        folder: path of a folder as in the module's docstring.

    Returns:
        list of (`KeyedPicture`, `KeyedPicture`).

    Raises:
        InputError: if there is no pair, or a picture and its key points do not fit each other.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise InputError(
            f"No such folder: {folder}. Expected a folder of folders of pictures with a CSV each."
        )
    pairs = []
    for subclass in sorted(path for path in folder.iterdir() if path.is_dir()):
        pairs += itertools.permutations(_subclass(subclass), 2)
    if not pairs:
        raise InputError(
            f"{folder}: expected folders with two pictures and more, a CSV of key points beside each; received none."
        )
    return pairs


def read_points(path):
    """The key points of a file, (N, 2) float64 in pixels.

    Raises:
        InputError: if it is missing, no such table, or holds no two different points.
    """
    try:
        text = read_plain(path).decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: found no such file. Put the picture's key points there.") from None
    except OSError as error:
        raise InputError(f"{path}: expected a readable file, received: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: received bytes that are no text. {FORM}") from None
    header, *lines = _rows(path, text) or [[]]
    if not set(COLUMNS) <= set(header):
        raise InputError(f"{path}: received the header {','.join(header)!r}. {FORM}")
    places = [header.index(name) for name in COLUMNS]
    points_px = np.array([_point(path, line, places) for line in lines if line]).reshape(-1, 2)
    if len(points_px) < 2 or np.ptp(points_px, axis=0).max() == 0:
        raise InputError(f"{path}: received {len(points_px)} points. Expected two different ones or more.")
    return points_px


def _subclass(folder):
    """The pictures of a sub-class, in the order of their names."""
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
    paths = [path for path in files if path.suffix.lower() in PICTURE_SUFFIXES]
    alone = {path for path in files if path.suffix == ".csv"} - {path.with_suffix(".csv") for path in paths}
    if alone:
        raise InputError(
            f"{min(alone)}: found no picture of this name beside it. Put it there, or remove the file."
        )
    pictures = []
    for path in paths:
        table, picture = path.with_suffix(".csv"), read_rgb(path)
        points_px = read_points(table)
        height, width = picture.shape[:2]
        inside = (points_px >= -0.5) & (points_px <= np.array([width, height]) - 0.5)
        if not inside.all():
            number = int(np.flatnonzero(~inside.all(axis=-1))[0])
            x, y = points_px[number]
            raise InputError(
                f"{table}: point {number + 1} is ({x:g}, {y:g}), outside its picture of {width}x{height} pixels. "
                f"Correct it; x comes first."
            )
        if pictures and len(points_px) != len(pictures[0].points_px):
            raise InputError(
                f"{table}: received {len(points_px)} points, but {pictures[0].path.with_suffix('.csv').name} has "
                f"{len(pictures[0].points_px)}. Expected the same points in all files of a folder."
            )
        pictures.append(KeyedPicture(path, picture, points_px))
    return pictures


def _rows(path, text):
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=None))]
    except csv.Error as error:
        raise InputError(f"{path}: received no table ({error}). {FORM}") from None


def _point(path, line, places):
    """The two numbers of a line."""
    try:
        point = [float(line[place]) for place in places]
    except (ValueError, IndexError):
        raise InputError(f"{path}: received the line {','.join(line)!r}. {FORM}") from None
    if not np.isfinite(point).all():
        raise InputError(f"{path}: received the line {','.join(line)!r}. {FORM}")
    return point
