"""Says whether one picture's object is in another, and where."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from edge_demo.model.matcher import Matcher
from edge_demo.model.preprocess import read_picture
from edge_demo.options import add_outline, model_of, parser_of
from edge_demo.results.place import place_fields


def main(argv: Sequence[str]) -> int:
    """Runs `python -m edge_demo match`; returns the exit code."""
    parser = parser_of("python -m edge_demo match", __doc__)
    parser.add_argument("reference", type=Path, help="a picture that the object fills")
    parser.add_argument("scene", type=Path, help="a picture to find it in")
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead")
    add_outline(parser)
    args = parser.parse_args(argv)
    matcher = Matcher(model_of(args), args.threads, args.outline)
    reference = matcher.describe(read_picture(args.reference), args.reference.stem)
    scene_bgr_u8 = read_picture(args.scene)
    found = matcher.compared(matcher.find(scene_bgr_u8, reference), reference)
    found = matcher.outlined(scene_bgr_u8, found, reference)
    place = place_fields(found, 1)
    if args.json:
        fields = {"score": found.score, "match": found.match, "distance": found.distance}
        print(json.dumps(fields | place))
        return 0
    verdict = "a match" if found.match else "no match"
    limit = matcher.metadata.threshold
    print(f"score: {100 * found.score:.1f} %, {verdict} (distance {found.distance:.3f}, at most {limit:.3f})")
    box_px, outline_px = place["box_px"], place["outline_px"]
    print(f"box:   {', '.join(map(str, box_px))} (xmin, ymin, xmax, ymax in pixels of {args.scene})")
    if outline_px is not None:
        print(
            f"lies:  turned clockwise by {place['angle_deg']} degrees, its outline (x, y) from its top left corner on:"
        )
        print(f"       {', '.join(f'({x}, {y})' for x, y in outline_px)}")
    return 0
