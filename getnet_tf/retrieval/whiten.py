"""Fits the whitening of codes to a folder of pictures, and can go on to learn it from kinds.

    python -m getnet_tf.retrieval.whiten photos/ --out white.npz --head rmac                  # any pictures, no labels
    python -m getnet_tf.retrieval.whiten photos/ --out white.npz --head rmac --loss triplet   # photos/cup/*.jpg show cups

Then `python -m getnet_tf.retrieval index photos/ --out index --head rmac --whitening white.npz`, with the same model and head.
"""

import argparse
import pathlib
import sys

import numpy as np

from getnet_tf.data.photos import from_folder
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
    add("--out", type=pathlib.Path, required=True, metavar="FILE.npz", help="the file to write")
    add("--model", type=pathlib.Path, metavar="FILE", help="as of `index` (default: Lite0 of ImageNet)")
    add("--head", choices=tuple(HEADS), default="gem", help="whose codes (default: gem)")
    add("--dim", type=int, default=DIM, help=f"numbers of a whitened code, at most (default: {DIM})")
    add(
        "--power",
        type=float,
        default=POWER,
        help=f"0: components alone; 1: all vary alike (default: {POWER})",
    )
    add(
        "--loss",
        help="learn on from the components: contrastive, triplet, coupled-clusters or weak-triplet; PHOTOS has a folder for each kind",
    )
    add("--steps", type=int, default=400, help="of learning (default: 400)")
    add("--seed", type=int, default=0, help="draws what is learned from (default: 0)")
    return parser


def whiten(options):
    """Fits, learns if that is asked for, and writes."""
    for name, least in (("dim", 1), ("power", 0), ("steps", 1), ("seed", 0)):
        if not getattr(options, name) >= least:
            raise InputError(
                f"Invalid --{name}. Expected at least {least}, received {getattr(options, name)}."
            )
    if not options.out.parent.is_dir():
        raise InputError(f"No such folder: {options.out.parent}. Make it, or give another --out.")
    check_loss(options.loss)
    paths, labels = (
        labelled(options.photos) if options.loss else (picture_files(options.photos, PICTURES), None)
    )
    coder = open_coder(options.model, options.head)
    head = HEADS[options.head]
    parts = unit(np.concatenate([head(coder.maps(read_rgb(path))) for path in paths]))
    every = parts.reshape(-1, parts.shape[-1])
    whitening = fitted(every[evenly(len(every), PARTS)], options.dim, options.power)
    if options.loss:
        from getnet_tf.retrieval.learned import learned

        whitening = learned(parts, labels, whitening, options.loss, options.steps, seed=options.seed)
    whitening.save(options.out)
    print(f"wrote {options.out}: {whitening.projection.shape[1]} numbers of {len(paths)} pictures")


def check_loss(loss):
    """Raises InputError if there is no such loss."""
    if loss is None:
        return
    # Imported late: without a loss nothing here needs TensorFlow.
    from getnet_tf.retrieval.losses import LOSSES

    if loss not in LOSSES:
        raise InputError(f"Invalid --loss. Expected one of {', '.join(LOSSES)}. Received: {loss}.")


def labelled(folder):
    """Paths and labels of the pictures of a folder of folders, evenly chosen where there are too many."""
    photos = from_folder(folder)
    kept = photos.subset(evenly(len(photos), PICTURES))
    return kept.paths, kept.labels


def main(argv=None):
    """The command line; returns the exit code."""
    return report_errors(whiten, build_parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
