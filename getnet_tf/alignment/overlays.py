"""Pictures of aligned pairs: A, and beside it B with A laid over, half transparent. All (H, W, 3) uint8, RGB."""

import cv2
import numpy as np

from edge_demo.model.alignment.placement import outline_of

HEIGHT = 320  # of what is drawn, pixels
BLUE, ORANGE = (0, 114, 178), (230, 159, 0)  # told apart by the colour-blind, too: found, true


def laid_over(picture_a, picture_b, placement):
    """B, with A over it where the placement says that it lies."""
    height, width = picture_b.shape[:2]
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    places_px = placement.carried(np.c_[columns.ravel(), rows.ravel()])
    # Far outside there is nothing to read, and OpenCV's maps end at 32767.
    x_px, y_px = np.clip(places_px, -1e4, 3e4).astype(np.float32).reshape(height, width, 2).transpose(2, 0, 1)
    read = cv2.remap(picture_a, x_px, y_px, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    high, wide = picture_a.shape[:2]
    inside = (x_px > -0.5) & (x_px < wide - 0.5) & (y_px > -0.5) & (y_px < high - 0.5)
    mixed = (picture_b.astype(np.uint16) + read) // 2
    return np.where(inside[..., None], mixed, picture_b).astype(np.uint8)


def key_point_overlay(a, b, placement):
    """A pair with key points: orange, where they are; blue, where B's were carried to in A.

    Args:
        a, b: `KeyedPicture`.
        placement: whose `carried` takes pixels of B to pixels of A.
    """
    left, of_a = _enlarged(a.picture)
    right, of_b = _enlarged(laid_over(a.picture, b.picture, placement))
    for true_px, carried_px in zip(of_a(a.points_px), of_a(placement.carried(b.points_px)), strict=True):
        cv2.line(left, true_px, carried_px, BLUE, 1, cv2.LINE_AA)
        cv2.circle(left, true_px, 4, ORANGE, 2, cv2.LINE_AA)
        cv2.circle(left, carried_px, 3, BLUE, -1, cv2.LINE_AA)
    for point_px in of_b(b.points_px):
        cv2.circle(right, point_px, 4, ORANGE, 2, cv2.LINE_AA)
    return np.hstack([left, right])


def outline_overlay(piece, placement):
    """A piece of a flat thing, and its area with the outlines: orange, where it is; blue, where it was found.

    Args:
        piece: `planes.Piece`.
        placement: whose `carried` takes pixels of the area to pixels of the reference, and `found` the other way.
    """
    left, _ = _enlarged(piece.reference)
    right, of_area = _enlarged(laid_over(piece.reference, piece.area, placement))
    found_px = placement.found(outline_of(piece.reference.shape[:2]))
    for outline_px, colour, wide in ((piece.outline_px, ORANGE, 5), (found_px, BLUE, 2)):
        cv2.polylines(right, [np.array(of_area(outline_px))], True, colour, wide, cv2.LINE_AA)
    return np.hstack([left, right])


def _enlarged(picture):
    """A picture of the height to draw at, and a function that takes its points (N, 2) there: list of (x, y) int."""
    scale = HEIGHT / picture.shape[0]
    drawn = cv2.resize(
        picture, (max(1, round(scale * picture.shape[1])), HEIGHT), interpolation=cv2.INTER_CUBIC
    )

    def places(points_px):
        moved = np.clip((np.asarray(points_px) + 0.5) * scale - 0.5, -1e4, 1e4)
        return [tuple(map(int, point)) for point in np.round(np.nan_to_num(moved))]

    return drawn, places
