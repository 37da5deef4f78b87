"""Lists the objects of a gallery, and changes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edge_demo.gallery.gallery import Gallery
from edge_demo.gallery.objects import Objects
from edge_demo.model.description import hash_of
from edge_demo.model.matcher import Matcher
from edge_demo.model.shipped import chosen
from edge_demo.options import parser_of
from edge_demo.screen.scene import views_of


def main(argv: Sequence[str]) -> int:
    """Runs `python -m edge_demo gallery`; returns the exit code."""
    parser = parser_of("python -m edge_demo gallery", __doc__)
    parser.add_argument("folder", type=Path, help="as --gallery takes it")
    parser.add_argument(
        "--add", type=Path, nargs="+", default=(), metavar="PICTURE", help="as --reference takes them"
    )
    parser.add_argument("--delete", nargs="+", default=(), metavar="NAME", help="objects to forget")
    args = parser.parse_args(argv)
    model = chosen(args.model)
    matcher = Matcher(model, args.threads)
    gallery = Gallery(args.folder, matcher, hash_of(model))
    for name in args.delete:
        gallery.delete(name)
    Objects(matcher, gallery).add_files(args.add)
    for known in gallery.objects:
        print(f"{known.name}: {views_of(len(known.views))}")
    if not gallery.objects:
        print(f"{args.folder}: no objects")
    return 0
