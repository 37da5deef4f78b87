"""Says whether one picture's object is in another, and where."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from edge_demo.model.matcher import Matcher
from edge_demo.model.preprocess import read_picture
from edge_demo.options import model_of, parser_of


def main(argv: Sequence[str]) -> int:
    """Runs `python -m edge_demo match`; returns the exit code."""
    parser = parser_of("python -m edge_demo match", __doc__)
    parser.add_argument("reference", type=Path, help="a picture that the object fills")
    parser.add_argument("scene", type=Path, help="a picture to find it in")
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead")
    args = parser.parse_args(argv)
    matcher = Matcher(model_of(args), args.threads)
    reference = matcher.describe(read_picture(args.reference), args.reference.stem)
    found = matcher.compared(matcher.find(read_picture(args.scene), reference), reference)
    box_px = [round(edge, 1) for edge in found.box_px]
    if args.json:
        fields = {"score": found.score, "match": found.match, "distance": found.distance, "box_px": box_px}
        print(json.dumps(fields))
        return 0
    verdict = "a match" if found.match else "no match"
    limit = matcher.metadata.threshold
    print(f"score: {100 * found.score:.1f} %, {verdict} (distance {found.distance:.3f}, at most {limit:.3f})")
    print(f"box:   {', '.join(map(str, box_px))} (xmin, ymin, xmax, ymax in pixels of {args.scene})")
    return 0
