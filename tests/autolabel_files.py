"""A labelled set as a run leaves it, made without a network."""

import pathlib

import cv2
import numpy as np

from getnet_tf.autolabel.job import Job, views_of
from getnet_tf.autolabel.journal import Journal
from getnet_tf.autolabel.label import Candidate, Label

EVIL = (
    "<img src=x onerror=document.title='evil'><script>document.title='evil'<"  # "/script>" is a folder's end
)


def write_picture(path, width, height, box_px=(0, 0, 0, 0)):
    """A dark picture with a bright box."""
    picture = np.full((height, width, 3), 40, np.uint8)
    xmin, ymin, xmax, ymax = box_px
    picture[ymin:ymax, xmin:xmax] = (60, 200, 250)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture)


def label_of(path, width, height, *candidates):
    """A `Label` of candidates (name, box_px, score, kept)."""
    return Label(path, width, height, tuple(Candidate(*one) for one in candidates))


# By doubt: pear 0.6 (kept at 0.4), cup 0.45 (not believed), cup 0.3, pear 0.1, cup 0.02.
LABELS = (
    label_of(
        "a/1.png",
        90,
        60,
        ("cup", (10.0, 5.0, 50.5, 45.0), 0.98, True),
        ("pear", (60.0, 9.0, 80.0, 29.0), 0.4, True),
    ),
    label_of("a/2.png", 90, 60, ("cup", (20.0, 15.0, 60.0, 55.0), 0.45, False)),
    label_of("b/large.png", 1600, 1200, ("cup", (800.0, 600.0, 900.0, 650.0), 0.7, True)),
    label_of(f"{EVIL}/script>.png", 60, 90, ("pear", (0.0, 0.0, 30.0, 40.0), 0.9, True)),
)


def write_set(folder, labels=LABELS):
    """Writes pictures, references, and a journal of labels.

    Returns:
        the command line that labelled them: list of str.
    """
    folder = pathlib.Path(folder)
    photos, out = folder / "photos", folder / "out"
    for label in labels:
        box_px = (
            tuple(round(edge) for edge in label.candidates[0].box_px) if label.candidates else (0, 0, 0, 0)
        )
        write_picture(photos / label.path, label.width, label.height, box_px)
    references = [folder / "cup.png", folder / "pear.png"]
    for place, path in enumerate(references):
        write_picture(path, 20 + place, 20)
    job = Job(str(photos), views_of(references))
    out.mkdir()
    with Journal(out / "journal.jsonl", job.fingerprint(), photos) as journal:
        for label in labels:
            journal.add(label)
    return [str(photos), "--reference", *map(str, references), "--out", str(out)]
