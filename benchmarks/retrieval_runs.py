"""Trainings of codes on the benchmarks' pictures, and their files; finished ones are reused."""

import pathlib
import sys

import photo_sets

from export import to_tflite
from getnet_tf.retrieval.run import run
from getnet_tf.retrieval.settings import full


def links(folder, photos):
    """A folder of links to photos, a folder for each kind; returns its path."""
    for path, label in zip(photos.paths, photos.labels, strict=True):
        link = pathlib.Path(folder) / photos.class_names[label] / pathlib.Path(path).name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(pathlib.Path(path).resolve())
    return pathlib.Path(folder)


def kinds(data, cache):
    """A folder of Caltech-101's 40 kinds that trainings learn from."""
    return links(cache / "kinds", photo_sets.caltech(data, 0)["train"])


def products(data, cache):
    """A folder of Grocery Store's products that trainings learn from, and none that is chosen by or asked for."""
    return links(cache / "products", photo_sets.grocery(data)["train"])


def trained(folder, out, **settings):
    """The run folder of a training on a folder of kinds."""
    run(full(folder, **settings), out, resume=True, command=" ".join(sys.argv), verbose=2)
    return out


def in_8_bits(checkpoint, out):
    """The file of a checkpoint."""
    if not out.is_file():
        to_tflite.export(checkpoint, out)
    return out
