"""Pictures with boxes that somebody drew: the clip of a cup, and photos of playing cards. And a street without a cup.

Nothing may be chosen by them. Pictures are (H, W, 3) uint8, BGR, boxes (4,) float, (xmin, ymin, xmax, ymax) in pixels.
"""

import csv

import cv2
import numpy as np

from edge_demo.model.preprocess import read_picture
from getnet_tf.errors import InputError

REFERENCE_FRAME = 24  # of the clip, whose box is what is shown


def clip_path(data):
    """The clip of the cup: 640 x 480 pixels, a hand holds it."""
    return data / "video" / "cup.mp4"


def street_path(data):
    """A film without a cup."""
    return data / "video" / "vtest.avi"


def frames_of(path):
    """All frames of a film.

    Raises:
        InputError: if there is none.
    """
    film, frames = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG), []
    while (frame := film.read())[0]:
        frames.append(frame[1])
    if not frames:
        raise InputError(f"No film: {path}. Expected --data with video/.")
    return frames


def cup_boxes(data):
    """The cup's box by the number of the frame."""
    return {int(row["frame"]): _box(row) for row in _rows(data / "video" / "cup_boxes.csv")}


def cut(picture, box):
    """What is in a box."""
    xmin, ymin, xmax, ymax = box.astype(int)
    return picture[ymin:ymax, xmin:xmax]


def cup_set(data):
    """(frame, reference, box) of the labelled frames, but for the one that the reference is cut out of."""
    boxes, frames = cup_boxes(data), frames_of(clip_path(data))
    reference = cut(frames[REFERENCE_FRAME], boxes[REFERENCE_FRAME])
    return [(frames[i], reference, box) for i, box in boxes.items() if i != REFERENCE_FRAME]


def cards_of(data):
    """All photos of cards: dict from a path to (rank, box) of each card."""
    cards = {}
    for row in _rows(data / "cards" / "boxes.csv"):
        path = data / "cards" / "images" / row["image"]
        cards.setdefault(path, []).append((row["class"], _box(row)))
    return cards


def single_cards(data):
    """(path, rank, box) of the photos with one card."""
    return [(path, *found[0]) for path, found in cards_of(data).items() if len(found) == 1]


def card_set(data):
    """(photo, reference, box): the first photo of each rank gives the reference, and does not count."""
    references, items = {}, []
    for path, rank, box in single_cards(data):
        picture = read_picture(path)
        if rank in references:
            items.append((picture, references[rank], box))
        else:
            references[rank] = cut(picture, box)
    return items


def boxes_in(path):
    """(picture's name, box) of all lines of a film's `boxes.csv`."""
    return [(row["image"], _box(row)) for row in _rows(path)]


def _box(row):
    return np.array([float(row[f"{edge}_px"]) for edge in ("xmin", "ymin", "xmax", "ymax")])


def _rows(path):
    if not path.is_file():
        raise InputError(f"No such file: {path}. Expected --data with video/ and cards/.")
    with open(path, newline="") as file:
        return list(csv.DictReader(file))
