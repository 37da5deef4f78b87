"""Says whether one picture's object is in another, and where.

    python -m edge_demo match cup.png desk.png                             # in words
    python -m edge_demo match cup.png desk.png --json                      # for programs
    python -m edge_demo match --pairs pairs.csv --out found.jsonl          # many pictures, a line of JSON for each

A model that can tell a thing from others of its kind says "this one", "one like it" or "not there", and how many others of
this very thing there are. Others know kinds alone.

With --effort quick one look finds its kind, and only that place is looked at; thorough searches tile by tile with a model that knows kinds
alone, and others everywhere as they do in any case.

pairs.csv has the columns reference and picture; paths are taken from its folder. Each line of found.jsonl is what --json
prints, after reference and picture as they were given; or "error", if one of the two can't be used. Exit code 2 if that
was so, or if it can't work.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge_demo.commands import pairs
from edge_demo.errors import EdgeError
from edge_demo.gallery.palette import COLORS
from edge_demo.gallery.still import match_still
from edge_demo.gallery.views import KnownObject
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import ObjectMatch
from edge_demo.model.preprocess import read_picture
from edge_demo.model.shipped import chosen
from edge_demo.options import add_effort, add_kinds, add_level, add_outline, parser_of
from edge_demo.output_file import OutputFile
from edge_demo.results.match_fields import match_fields
from edge_demo.results.smoothing import at_level


def main(argv: Sequence[str]) -> int:
    """Runs `python -m edge_demo match`; returns the exit code."""
    parser = parser_of("python -m edge_demo match", __doc__)
    add = parser.add_argument
    add("reference", type=Path, nargs="?", help="a picture that the object fills")
    add("picture", type=Path, nargs="?", help="a picture to find it in")
    add("--json", action="store_true", help="print one line of JSON instead")
    add("--pairs", type=Path, metavar="CSV", help="instead of two pictures: pairs of them")
    add("--out", type=Path, action=OutputFile, metavar="FILE", help="of --pairs: where the lines go")
    add("--overwrite", action="store_true", help="of --pairs: replace FILE")
    add_effort(parser)
    add_level(parser, "score from which it is a match")
    add_outline(parser)
    add_kinds(parser)
    args = parser.parse_args(argv)
    if args.pairs is None and args.picture is None:
        parser.error("expected REFERENCE and PICTURE, or --pairs CSV --out FILE")
    if (args.pairs is None) != (args.out is None) or (args.overwrite and args.out is None):
        raise EdgeError(
            "Expected --pairs CSV and --out FILE together, received one without the other. Add it, or leave both out."
        )
    if args.pairs is not None and (args.reference is not None or args.json):
        raise EdgeError(
            "Expected --pairs alone, received a picture or --json with it. Leave those out: the pairs name the pictures, and "
            "the lines are JSON."
        )
    listed = None if args.pairs is None else pairs.read(args.pairs)
    matcher = Matcher(chosen(args.model), args.threads, args.outline, args.kinds)

    def find(picture_bgr_u8: np.ndarray, known: KnownObject) -> ObjectMatch:
        result = match_still(matcher, picture_bgr_u8, [known], args.effort)
        return at_level(result, args.level / 100).objects[0]

    if listed is not None:
        return pairs.run(matcher, find, listed, args.pairs.parent, args.out, args.overwrite)
    reference = matcher.describe(read_picture(args.reference), args.reference.stem)
    found = find(read_picture(args.picture), KnownObject(reference.name, COLORS[0], (reference,)))
    print(json.dumps(match_fields(found)) if args.json else in_words(found, args.level, args.picture))
    return 0


def in_words(found: ObjectMatch, level: float, picture: Path) -> str:
    """What was found in a picture at a level, percent, in lines."""
    fields = match_fields(found)
    kind = "" if found.same is None else f"its kind {100 * found.kind_score:.1f} %, "
    more = f"level {level:g} %, {kind}distance {found.distance:.3f}"
    lines = [f"score: {100 * found.score:.1f} %, {found.verdict} ({more})"]
    box_px, outline_px = fields["box_px"], fields["outline_px"]
    lines.append(f"box:   {_listed(box_px)} (xmin, ymin, xmax, ymax in pixels of {picture})")
    if outline_px is not None:
        lines += [
            f"lies:  turned clockwise by {fields['angle_deg']} degrees, its outline (x, y) from its top left corner on:",
            f"       {', '.join(f'({x}, {y})' for x, y in outline_px)}",
        ]
    if found.others:
        lines.append(f"more:  {len(found.others)} of this one")
    lines += [
        f"       {_listed(other['box_px'])}, score {100 * other['score']:.1f} %" for other in fields["others"]
    ]
    return "\n".join(lines)


def _listed(box_px: list[float]) -> str:
    return ", ".join(map(str, box_px))
