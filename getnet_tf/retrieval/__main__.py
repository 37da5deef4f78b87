"""Where else is this? An index of a folder of pictures, and what it answers.

    python -m getnet_tf.retrieval index photos/ --out index                       # once, and again when photos/ has changed
    python -m getnet_tf.retrieval index photos/ --out index --head rmac --regions # finds what is small in a picture, too
    python -m getnet_tf.retrieval search index cup.jpg --html found.html
    python -m getnet_tf.retrieval search index desk.jpg --box 120,40,200,180 --expand --rerank
    python -m getnet_tf.retrieval evaluate photos/ --queries 0.05 --json scores.json   # photos/cup/*.jpg show cups

A killed `index` goes on where it was when it is started again; what was added to the folder is added, and what is gone is removed.
Pictures that can't be read are listed in errors.csv. Exit code 0 if all is clear, 1 if pictures could not be read, 2 if it can't work.
"""

import argparse
import pathlib
import sys

from edge_demo.bounds import positive, seed
from edge_demo.output_file import OutputFile
from getnet_tf.errors import report_errors
from getnet_tf.retrieval.options import add_coder, add_store


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m getnet_tf.retrieval",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_index(commands.add_parser("index", help="code a folder of pictures", allow_abbrev=False))
    _add_search(commands.add_parser("search", help="find what a picture shows", allow_abbrev=False))
    _add_evaluate(commands.add_parser("evaluate", help="how good are the answers?", allow_abbrev=False))
    return parser


def _add_index(parser):
    parser.add_argument(
        "photos", type=pathlib.Path, metavar="PHOTOS", help="folder of pictures, at any depth"
    )
    add_store(parser)
    add_coder(parser)


def _add_search(parser):
    add = parser.add_argument
    add("index", type=pathlib.Path, metavar="INDEX", help="--out of `index`")
    add("picture", type=pathlib.Path, metavar="PICTURE", help="shows what is searched for")
    add("--box", type=_box, metavar="X,Y,W,H", help="where in it, in pixels (default: all of it)")
    add("--model", type=pathlib.Path, metavar="FILE", help="the index's model, if it was moved")
    add("--milvus", metavar="URI", help="where the index is, if it is in Milvus: as `index` was given it")
    add("--top", type=positive, default=10, metavar="N", help="answers (default: 10)")
    _add_ranking(parser)
    add("--json", type=pathlib.Path, action=OutputFile, metavar="FILE", help="write the answers here")
    add(
        "--html",
        type=pathlib.Path,
        action=OutputFile,
        metavar="FILE",
        help="and a page with their boxes here",
    )


def _add_evaluate(parser):
    add = parser.add_argument
    add("data", type=pathlib.Path, metavar="DATA", help="a folder of pictures for each kind")
    add("--queries", type=float, default=0.05, metavar="SHARE", help="of the pictures (default: 0.05)")
    add("--seed", type=seed, default=0, metavar="N", help="draws them (default: 0)")
    add_coder(parser)
    _add_ranking(parser)
    add("--out", type=pathlib.Path, metavar="INDEX", help="keep the codes here, for the next time")
    add(
        "--json",
        type=pathlib.Path,
        action=OutputFile,
        metavar="FILE",
        help="write ap_at_10, map and queries here",
    )


def _add_ranking(parser):
    parser.add_argument("--expand", action="store_true", help="learn from the best answers, and ask again")
    parser.add_argument(
        "--rerank",
        nargs="?",
        const="spatial",
        choices=("spatial", "adaptive", "geometric"),
        help="look again at the first answers: by their best region (default), by the best mixture of their regions, or by "
        "laying the picture onto them",
    )


def _box(text):
    try:
        x, y, w, h = map(int, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected four whole numbers x,y,w,h, received {text!r}") from None
    return x, y, w, h


def run(options):
    """Does what is asked for; returns the exit code."""
    # What a command needs is imported with it, so that --help answers at once.
    if options.command == "index":
        from getnet_tf.retrieval.indexing import index

        return index(options)
    if options.command == "search":
        from getnet_tf.retrieval.searching import search

        return search(options)
    from getnet_tf.retrieval.evaluating import evaluate

    return evaluate(options)


def main(argv=None):
    """The command line; returns the exit code."""
    return report_errors(lambda: run(build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
