"""Options that say what codes are made of, and where they go."""

import os
import pathlib

from getnet_tf.retrieval.heads import HEADS


def add_store(parser):
    """Adds where an index goes."""
    add = parser.add_argument
    add("--out", type=pathlib.Path, required=True, metavar="INDEX", help="folder of the index")
    add("--overwrite", action="store_true", help="begin anew where INDEX has other codes")
    add(
        "--milvus",
        metavar="URI",
        help="keep the index in Milvus: http://HOST:19530, or a file that ends in .db (default: in INDEX, by faiss)",
    )


def add_coder(parser):
    """Adds what a coder is opened by."""
    add = parser.add_argument
    add(
        "--model",
        type=pathlib.Path,
        metavar="FILE",
        help="a .tflite with codes, which needs no TensorFlow, or a checkpoint (default: EfficientNet-Lite0 of ImageNet)",
    )
    add("--head", choices=tuple(HEADS), help="how a map becomes a code (default: the model's own, or rmac)")
    add("--regions", action="store_true", help="codes of regions, too: finds what is small in a picture")
    add(
        "--whitening",
        type=pathlib.Path,
        metavar="FILE",
        help="of `whiten` (default: the model's own, or none)",
    )


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
