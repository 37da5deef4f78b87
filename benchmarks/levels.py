"""From which score is something seen? Found and false, at each level, on scenes of kinds to choose by.

    python benchmarks/levels.py --data PATH            # by which `edge_demo.watch.LEVEL` is set; 2 minutes

Scenes are those of `natural_scenes.py`: half show what the reference does, the same object in another light; the others do
not show its kind. One look at each, without smoothing.
"""

import argparse
import pathlib
import sys

import natural_scenes
import numpy as np
from frozen_scenes import held_out

from edge_demo.__main__ import SHIPPED_MODEL
from edge_demo.model.matcher import Matcher
from getnet_tf.errors import report_errors

LEVELS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.99)
SEED = 331


def scores(data, model, part, count):
    """Scores of `count` scenes with the object, and of as many without: two arrays."""
    matcher = Matcher(model)
    photos, backgrounds = held_out(data, part)
    found = {True: [], False: []}
    for number in range(count):
        for present in (True, False):
            frame, reference, _ = natural_scenes.natural_scene(
                photos, backgrounds, natural_scenes.FRAME, SEED + present, number, present, same=True
            )
            shown = matcher.describe(reference, "object")
            found[present].append(matcher.match(frame, [shown]).objects[0].score)
    return np.array(found[True]), np.array(found[False])


def run(options):
    """Measures, prints Markdown."""
    present, absent = scores(options.data, options.model, options.part, options.count)
    print("| level | found | false |\n|---|---|---|")
    for level in LEVELS:
        print(f"| {level} | {np.mean(present >= level):.1%} | {np.mean(absent >= level):.1%} |")


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, metavar="DIR", help="holds caltech101/")
    add("--model", type=pathlib.Path, default=SHIPPED_MODEL, help="a .tflite file")
    add("--part", choices=("test", "val"), default="val", help="kinds to report on, or to choose by")
    add("--count", type=int, default=300, help="scenes with the object, and as many without")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
