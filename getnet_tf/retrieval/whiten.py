"""Fits the whitening of codes to a folder of pictures of anything. With a `.tflite` it needs no TensorFlow.

    python -m getnet_tf.retrieval.whiten photos/ --out white.npz --head rmac                       # two minutes for 2,000 pictures
    python -m getnet_tf.retrieval index photos/ --out index --whitening white.npz

`python -m getnet_tf.retrieval.train` goes on from there, and learns from kinds.
"""

import argparse
import dataclasses
import pathlib
import sys

import numpy as np

from edge_demo.bounds import number, positive
from edge_demo.output_file import OutputFile
from edge_demo.whole_file import write_whole
from getnet_tf.data.picture import read_rgb
from getnet_tf.data.picture_folder import evenly, picture_files
from getnet_tf.errors import InputError, report_errors
from getnet_tf.retrieval.coder import open_coder
from getnet_tf.retrieval.heads import HEADS
from getnet_tf.retrieval.unit import unit
from getnet_tf.retrieval.whitening import DIM, POWER, fitted

PICTURES = 5000  # that are read, at most
PARTS = 20000  # that components are sought of, at most


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m getnet_tf.retrieval.whiten",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("photos", type=pathlib.Path, metavar="PHOTOS", help="folder of pictures, at any depth")
    add(
        "--out",
        type=pathlib.Path,
        action=OutputFile,
        required=True,
        metavar="FILE.npz",
        help="the file to write",
    )
    add("--model", type=pathlib.Path, metavar="FILE", help="as of `index` (default: Lite0 of ImageNet)")
    add("--head", choices=tuple(HEADS), help="whose codes (default: the model's own, or rmac)")
    add("--dim", type=positive, default=DIM, help=f"numbers of a whitened code, at most (default: {DIM})")
    add(
        "--power",
        type=number(0, 1),
        default=POWER,
        help=f"0: components alone; 1: all vary alike (default: {POWER})",
    )
    return parser


def whiten(options):
    """Fits and writes."""
    if not options.out.parent.is_dir():
        raise InputError(f"No such folder: {options.out.parent}. Make it, or give another --out.")
    paths = picture_files(options.photos, PICTURES)
    coder = open_coder(options.model, options.head)
    parts = unit(np.concatenate([coder.recipe.parts(coder.maps(read_rgb(path)))[0] for path in paths]))
    whitening = fitted(parts[evenly(len(parts), PARTS)], options.dim, options.power)
    recipe = dataclasses.replace(coder.recipe, whitening=whitening)
    write_whole(options.out, recipe.to_bytes())
    print(f"wrote {options.out}: {whitening.projection.shape[1]} numbers of {len(paths)} pictures")


def main(argv=None):
    """The command line; returns the exit code."""
    return report_errors(lambda: whiten(build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
