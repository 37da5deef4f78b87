"""From which score is something a match? Found and false, at each level, on scenes of kinds to choose by.

    python benchmarks/levels.py --data PATH            # by which `edge_demo.level.LEVEL` is set; 4 minutes

Scenes are those of `natural_scenes.py`: half show what the reference does, the same object in another light; the others do
not show its kind. One look at each, for one of the kind and, where the model can tell, for this one; without smoothing.
"""

import sys

import bench
import natural_scenes
import numpy as np
from frozen_scenes import held_out

LEVELS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.99)
SEED = 331


def scores(matcher, data, part, count, seed):
    """Scores of `count` scenes with the object, and of as many without: two arrays."""
    photos, backgrounds = held_out(data, part)
    found = {True: [], False: []}
    for number in range(count):
        for present in (True, False):
            frame, reference, _ = natural_scenes.natural_scene(
                photos, backgrounds, natural_scenes.FRAME, seed + present, number, present, same=True
            )
            shown = matcher.describe(reference, "object")
            found[present].append(matcher.match(frame, [shown]).objects[0].score)
    return np.array(found[True]), np.array(found[False])


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/")
    bench.add_model(parser)
    bench.add_part(parser, "val")
    bench.add_count(parser, 300, "scenes with the object, and as many without")
    bench.add_seed(parser, SEED)


def measure(options):
    """A row for every level."""
    ways = {"kind": bench.open_model(options.model, options.threads, kinds=True)}
    told = bench.open_model(options.model, options.threads)
    if told.layout is not None:
        ways["this one"] = told
    rows = [{"level": level} for level in LEVELS]
    for way, matcher in ways.items():
        present, absent = scores(matcher, options.data, options.part, options.count, options.seed)
        for row in rows:
            row[f"{way}: found"] = np.mean(present >= row["level"])
            row[f"{way}: false"] = np.mean(absent >= row["level"])
    return {"levels": rows}


def markdown(result):
    """The rows as they are."""
    shares = [key for key in result["levels"][0] if key != "level"]
    columns = {"level": bench.number("level", 2)} | {f"{key} %": bench.percent(key) for key in shares}
    return bench.table(result["levels"], columns)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
