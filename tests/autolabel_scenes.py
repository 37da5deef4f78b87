"""Pictures of which `edge_model`'s centroid model says what a person can work out, and what is labelled in them.

A scene is black, 40x24, with one bright spot of 2x2 pixels; a thing is a quadrant in which the spot lies. The model's embedding
of a scene, and of a reference that has one bright quadrant, is 1 in that quadrant and 0 in the others: the same quadrant has
distance 0 and score 1, another one sqrt(2) and 0.5 - (sqrt(2) - 0.5) / 2 = 0.0429.
"""

import pathlib

import cv2
import numpy as np
from edge_model import write_centroid

from getnet_tf.autolabel.job import Job, views_of

SPOTS = {
    "upper_left": (10, 6),
    "lower_right": (30, 16),
}  # (x, y) of the spot's corner, even, so that it is 1 pixel at 20x12
OTHER = 0.0429  # score of another thing
# The box has scales of 0.25 and 0.5 around the spot: at 20x12, x 5.5 -+ (0.25 * 19 / 2 + 0.5), y 3.5 -+ (0.5 * 11 / 2 + 0.5).
BOXES = {"upper_left": (5.25, 0.5, 16.75, 13.5), "lower_right": (25.25, 10.5, 36.75, 23.5)}


def scene(thing):
    """(24, 40, 3) uint8."""
    picture = np.zeros((24, 40, 3), np.uint8)
    x, y = SPOTS[thing]
    picture[y : y + 2, x : x + 2] = 255
    return picture


def write(path, picture):
    """Writes a picture, of the kind that the suffix says; returns its path."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, picture)[1].tobytes())
    return path


def write_scenes(root, things):
    """Writes scenes, `{"a/1.png": "upper_left"}`; returns the folder."""
    for path, thing in things.items():
        write(root / path, scene(thing))
    return root


def write_reference(folder, thing):
    """Writes `folder/thing.png`, in which one quadrant is bright; returns its path."""
    picture = np.zeros((48, 64, 3), np.uint8)
    rows, columns = {
        "upper_left": (slice(0, 24), slice(0, 32)),
        "lower_right": (slice(24, 48), slice(32, 64)),
    }[thing]
    picture[rows, columns] = 200
    return write(folder / f"{thing}.png", picture)


def make_job(folder, things=("upper_left",), **scenes):
    """A `Job` that looks for `things` in `folder/photos`, with the tiny model in `folder`."""
    references = [str(write_reference(folder / "references", thing)) for thing in things]
    model = write_centroid(folder / "model.tflite")
    return Job(str(folder / "photos"), views_of(references), str(model), **scenes)
