"""Trainings of codes on the benchmarks' pictures, and the file of one; finished ones are reused."""

import os
import pathlib
import sys

import photo_sets

from export import to_tflite
from getnet_tf.data.photos import from_folder
from getnet_tf.retrieval.run import run
from getnet_tf.retrieval.settings import full
from getnet_tf.training.run_folder import CACHE, begin

# What is learned from, and never chosen by or asked for as new: Caltech-101's 40 kinds, or Grocery Store's shelves.
PHOTOS = {
    "kinds": lambda data: photo_sets.caltech(data, 0)["train"],
    "products": lambda data: photo_sets.grocery(data)["train"],
}


def trained(data, cache, see, of, name, **settings):
    """The run folder of a training.

    Args:
        data: folder of the benchmarks' data.
        cache: folder of runs and maps; what the backbone sees is there once for all trainings.
        see: `SeenBy` of the network with ImageNet's weights, at the trainings' size.
        of: a key of `PHOTOS`.
        name: of the run.
        settings: of `CodeConfig`.
    """
    out = cache / "runs" / of / name
    config = full(links(cache / of, PHOTOS[of](data)), **settings)
    if not (out / "model.keras").is_file():
        see.files(cache, of, from_folder(config.source).paths)
        begin(out, config)
        (out / CACHE).mkdir(exist_ok=True)
        for suffix in (".npy", ".npz"):
            if not (out / CACHE / f"maps{suffix}").exists():
                os.link(cache / f"{of}-{see.name}{suffix}", out / CACHE / f"maps{suffix}")
        run(config, out, resume=True, command=" ".join(sys.argv), verbose=2)
    return out


def links(folder, photos):
    """A folder of links to photos, a folder for each kind; returns its path."""
    for path, label in zip(photos.paths, photos.labels, strict=True):
        link = folder / photos.class_names[label] / pathlib.Path(path).name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(pathlib.Path(path).resolve())
    return folder


def in_8_bits(data, cache, see):
    """The file of what ImageNet's weights make, its whitening of Caltech-101's 40 kinds."""
    out = cache / "code.tflite"
    if not out.is_file():
        to_tflite.export(trained(data, cache, see, "kinds", "plain", steps=0), out)
    return out
