"""Three ways to learn where: boxes of composed scenes, 0/1 labels alone, and the paper's localiser that sees no reference.

    python benchmarks/photo_supervision.py --data PATH --runs runs/photos --json supervision.json       # 40 minutes on 2 cores

All train on the 40 classes of Caltech-101's split 0 (`photo_sets`) with one budget, that of `real_objects.py`, whose run of
that split is the first one here; finished trainings are reused. Measured on the frozen scenes of `scenes.py`.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import photo_sets
from finder import KerasFinder
from real_objects import trained
from scenes import best_fixed_box, locate, scene_set

from getnet_tf.console import start_tensorflow
from getnet_tf.errors import report_errors
from getnet_tf.training.run_folder import write_text

NAME = "Caltech-101, split 0"
WAYS = {
    "guided, pairs+synthetic": (),
    "guided, pairs": ("--supervision", "pairs"),
    "salient, pairs+synthetic": ("--localiser", "salient"),
    "salient, pairs": ("--localiser", "salient", "--supervision", "pairs"),
}


def run(options):
    """Trains what is missing, measures, prints Markdown."""
    start_tensorflow(0)
    splits = photo_sets.caltech(options.data, 0)
    sets = {kind: list(scene_set(options.data, kind, options.scenes)) for kind in ("rectangles", "masks")}
    result = {
        "best fixed box": {
            kind: {"corloc": best_fixed_box(np.array([box / frame.shape[0] for frame, _, box in items]))}
            for kind, items in sets.items()
        }
    }
    for way in options.ways:
        model = KerasFinder(
            trained(
                splits, NAME, options.data, options.runs / slug(way) if WAYS[way] else options.runs, WAYS[way]
            )
        )
        result[way] = {kind: locate(model, items) for kind, items in sets.items()}
        print(f"done: {way}", file=sys.stderr)
    print("| CorLoc@0.5 (mean IoU) | rectangles | masks |\n|---|---|---|")
    for way, found in result.items():
        cells = [
            f"{row['corloc']:.3f}" + (f" ({row['mean_iou']:.3f})" if "mean_iou" in row else "")
            for row in found.values()
        ]
        print(f"| {way} | {' | '.join(cells)} |")
    if options.json:
        write_text(options.json, json.dumps(result, indent=1) + "\n")


def slug(way):
    """The name of a way as that of a folder."""
    return way.replace(", ", "-").replace("+", "-")


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, metavar="DIR", help="holds caltech101/")
    add("--runs", type=pathlib.Path, default="runs/photos", metavar="DIR", help="of the trainings")
    add("--ways", nargs="+", choices=WAYS, default=list(WAYS), metavar="WAY", help="a part of them")
    add("--scenes", type=int, default=500, help="of each kind")
    add("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
