"""Three ways to learn where: boxes of composed scenes, 0/1 labels alone, and the paper's localiser that sees no reference.

    python benchmarks/photo_supervision.py --data PATH --runs runs/photos --json supervision.json       # 40 minutes on 2 cores

All train on the 40 classes of Caltech-101's split 0 (`photo_sets`) with one budget, that of `real_objects.py`, whose run of
that split is the first one here; finished trainings are reused. Measured on the frozen scenes of `scenes.py`.
"""

import pathlib
import sys

import bench
import photo_runs
import photo_sets
from frozen_scenes import KINDS, scene_set
from scenes import fixed, locate

from getnet_tf.console import start_tensorflow

NAME = "Caltech-101, split 0"
WAYS = {
    "guided, pairs+synthetic": (),
    "guided, pairs": ("--supervision", "pairs"),
    "salient, pairs+synthetic": ("--localiser", "salient"),
    "salient, pairs": ("--localiser", "salient", "--supervision", "pairs"),
}


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/")
    parser.add_argument(
        "--runs",
        type=pathlib.Path,
        default=pathlib.Path("runs/photos"),
        metavar="DIR",
        help="of the trainings",
    )
    parser.add_argument(
        "--ways", nargs="+", choices=WAYS, default=list(WAYS), metavar="WAY", help="a part of them"
    )
    bench.add_count(parser, 500, "of each kind", "--scenes")


def measure(options):
    """Trains what is missing; every way on both kinds of scenes."""
    start_tensorflow(0)
    splits = photo_sets.caltech(options.data, 0)
    sets = {kind: list(scene_set(options.data, kind, options.scenes)) for kind in KINDS}
    result = {"best fixed box": {kind: fixed(items) for kind, items in sets.items()}}
    for way in options.ways:
        runs = options.runs / way.replace(", ", "-").replace("+", "-") if WAYS[way] else options.runs
        model = bench.open_model(photo_runs.by_name(splits, NAME, options.data, runs, WAYS[way]))
        result[way] = {kind: locate(model, items) for kind, items in sets.items()}
        bench.say(f"measured    {way}")
    return result


def markdown(result):
    """A row for every way."""
    cell = bench.together("{} ({})", bench.number("corloc", 3), bench.number("mean_iou", 3))
    columns = {"CorLoc@0.5 (mean IoU)": bench.text("way"), **{kind: bench.of(kind, cell) for kind in KINDS}}
    return bench.table([{"way": way, **found} for way, found in result.items()], columns)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
