"""Pieces of flat things and where they lie in a second picture: outlines that are known exactly.

    FOLDER/NAME0.jpg, NAME1.jpg    two pictures of one plane, or of a scene so far away that it is one
    FOLDER/NAME_homography.txt     3 x 3 numbers, which take pixels of the first to pixels of the second

Who finds things at the edge has a tight reference, and an area with a margin from the search. So the reference A is a piece of the
first picture, and the area B is the upright box round the place that the homography gives it in the second, 1.25 times as large.
Pieces are as wide and high as 0.4 of the picture; of pairs that share too little for that 0.3, or 0.2. They are moved over a lattice of
9 x 9 places, and those count that lie wholly in the second picture: at most ten of a pair, evenly picked.
"""

import dataclasses
import pathlib

import numpy as np

from edge_demo.model.alignment.area import LEAST_PX, area_of
from edge_demo.model.alignment.placement import outline_of
from edge_demo.picture_files import PICTURE_SUFFIXES
from getnet_tf.data.picture import read_rgb
from getnet_tf.errors import InputError

MATRIX = "_homography.txt"  # ends the names of the homographies' files
SIDES = (0.4, 0.3, 0.2)  # of the first picture's; the first that fits
PLACES = 9  # along either side
PIECES = 10  # of a pair, at most


@dataclasses.dataclass(frozen=True, eq=False)
class Piece:
    """A reference, an area that shows it, and where in it."""

    pair: str  # NAME
    reference: np.ndarray  # A: (h, w, 3) uint8, RGB
    area: np.ndarray  # B: (H, W, 3) uint8, RGB
    outline_px: np.ndarray  # (4, 2) float64, pixels of the area


def read_pieces(folder):
    """The pieces of all pairs of a folder, pair by pair.

    Returns:
        list of `Piece`.

    Raises:
        InputError: if there is none, or a file is missing or not what it should be.
    """
    pieces = [piece for pair in plane_pairs(folder) for piece in pieces_of(*pair)]
    if not pieces:
        raise InputError(
            f"{folder}: expected NAME0.jpg, NAME1.jpg and NAME{MATRIX} of pictures that share a fifth of their sides; received none."
        )
    return pieces


def plane_pairs(folder):
    """Yields (name, picture0, picture1, homography) of all pairs of a folder, as `pieces_of` takes them.

    Raises:
        InputError: if a file is missing or not what it should be.
    """
    folder = pathlib.Path(folder)
    for name in sorted(path.name.removesuffix(MATRIX) for path in folder.glob(f"*{MATRIX}")):
        pictures = [_picture(folder, f"{name}{number}") for number in (0, 1)]
        yield name, *pictures, _homography(folder / f"{name}{MATRIX}")


def pieces_of(name, picture0, picture1, homography):
    """The pieces of one pair, see the module's docstring.

    Args:
        name: of the pair.
        picture0, picture1: (H, W, 3) uint8, RGB.
        homography: (3, 3) float, takes pixels of `picture0` to pixels of `picture1`.

    Returns:
        list of `Piece`.
    """
    homography = np.asarray(homography, float)
    boxes = picked_boxes(picture0.shape[:2], picture1.shape[:2], homography)
    return [_piece(name, picture0, picture1, box, homography) for box in boxes]


def picked_boxes(picture0_hw, picture1_hw, homography):
    """Where the pieces of a pair are, in pixels of the first picture: a list of (xmin, ymin, xmax, ymax), int, edges."""
    for side in SIDES:
        boxes = [box for box in _boxes(picture0_hw, side) if _is_seen(box, homography, picture1_hw)]
        if boxes:
            picked = np.linspace(0, len(boxes) - 1, min(PIECES, len(boxes))).round().astype(int)
            return [boxes[i] for i in picked]
    return []


def outline_in(box, homography):
    """The outline (4, 2) float64 that a homography (3, 3) gives a box, pixels, and the upright box (4,) round it, edges."""
    outline = moved(_corners(box), homography)
    return outline, (*(outline.min(axis=0) + 0.5), *(outline.max(axis=0) + 0.5))


def moved(points_px, homography):
    """Points (N, 2) under a homography (3, 3), both float: (N, 2) float64, not finite where they go to infinity."""
    ahead = np.c_[points_px, np.ones(len(points_px))] @ homography.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return ahead[:, :2] / ahead[:, 2:]


def _boxes(picture_hw, side):
    """(xmin, ymin, xmax, ymax) of pieces, edges in whole pixels, row by row."""
    height, width = (round(side * length) for length in picture_hw)
    tops, lefts = (
        np.linspace(0, length - own, PLACES).round().astype(int)
        for length, own in zip(picture_hw, (height, width), strict=True)
    )
    return [(left, top, left + width, top + height) for top in tops for left in lefts]


def _corners(box):
    xmin, ymin, xmax, ymax = box
    return outline_of((ymax - ymin, xmax - xmin)) + np.array([xmin, ymin])


def _is_seen(box, homography, picture_hw):
    """Whether a piece lies in front of the second camera, wholly in its picture, and not too small to be seen."""
    corners = _corners(box)
    # The sign of a homography is free; with the one that mirrors nothing in front of the camera, depths there are positive.
    depth = np.c_[corners, np.ones(4)] @ homography[2] * np.sign(np.linalg.det(homography))
    if not (depth > 0).all():
        return False
    places = moved(corners, homography)
    inside = (places >= -0.5) & (places <= np.array(picture_hw[::-1]) - 0.5)
    return bool(inside.all() and np.ptp(places, axis=0).min() >= LEAST_PX)


def _piece(name, picture0, picture1, box, homography):
    xmin, ymin, xmax, ymax = box
    outline, box_px = outline_in(box, homography)
    left, top, right, bottom = area_of(box_px, picture1.shape[:2])
    return Piece(
        name, picture0[ymin:ymax, xmin:xmax], picture1[top:bottom, left:right], outline - (left, top)
    )


def _picture(folder, name):
    """The picture of this name, of any common kind."""
    paths = [path for suffix in PICTURE_SUFFIXES if (path := folder / f"{name}{suffix}").is_file()]
    return read_rgb(paths[0] if paths else folder / f"{name}.jpg")


def _homography(path):
    try:
        matrix = np.loadtxt(path, ndmin=2)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: expected three lines of three numbers, received: {str(error).splitlines()[0]}"
        ) from None
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or np.linalg.matrix_rank(matrix) < 3:
        raise InputError(
            f"{path}: expected three lines of three numbers that can be inverted, received {matrix.shape}."
        )
    return matrix
