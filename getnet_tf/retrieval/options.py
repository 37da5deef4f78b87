"""Options that say what codes are made of."""

import os
import pathlib

from getnet_tf.retrieval.heads import HEADS


def add_coder(parser):
    """Adds what a coder is opened by."""
    add = parser.add_argument
    add(
        "--model",
        type=pathlib.Path,
        metavar="FILE",
        help="a .tflite with codes, which needs no TensorFlow, or a checkpoint (default: EfficientNet-Lite0 of ImageNet)",
    )
    add("--head", choices=tuple(HEADS), help="how a map becomes a code (default: the model's own, else gem)")
    add("--regions", action="store_true", help="codes of regions, too: finds what is small in a picture")
    add("--whitening", type=pathlib.Path, metavar="FILE", help="of the codes (default: none)")


def coder_of(options):
    """What `open_coder` takes, of parsed options: a dict of JSON's types."""

    def absolute(path):
        return None if path is None else os.path.abspath(path)

    return {
        "model": absolute(options.model),
        "head": options.head,
        "regions": options.regions,
        "whitening": absolute(options.whitening),
    }
