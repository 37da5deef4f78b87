"""How small may an object be? Searched in the whole frame at once, or by tiles.

    python benchmarks/small_objects.py --data PATH --out small.png --json small.json      # 20 minutes
    python benchmarks/small_objects.py --data PATH --out val.png --part val               # by which `edge_demo.model.scan` is set

One object in a frame of 1280 x 1280 pixels, of a fifth of the side down to a twenty-seventh; half the frames show another
kind of thing instead. Photos and backgrounds are those that no training has seen (`photo_sets`, seed 0); the reference is
another picture of the kind. At once, the frame is searched as a whole, with places cut out of the frame itself; with tiles,
as `--scan` does with a picture: the whole, tiles, and two closer looks that must agree. Reported at every size: the AUC of the distance for "is it there", how often the box is right (IoU above 0.5), and how often the model's own
threshold finds it in frames with and without it.
"""

import argparse
import dataclasses
import functools
import json
import pathlib
import sys

import numpy as np
from frozen_scenes import RECTANGLES, held_out
from scenes import iou

from edge_demo.__main__ import SHIPPED_MODEL
from edge_demo.gallery.palette import COLORS
from edge_demo.gallery.views import KnownObject, match_objects
from edge_demo.model.matcher import Matcher
from edge_demo.model.scan import Scan
from getnet_tf.data.scenes import scene_batch
from getnet_tf.errors import report_errors
from getnet_tf.evaluation import metrics
from getnet_tf.training.run_folder import write_text

SIDE = 1280
SHARES = (0.0375, 0.05, 0.075, 0.1, 0.14, 0.2)  # of the frame's side
SEED = 3
WAYS = ("at once", "with tiles")


def frames(photos, backgrounds, share, count):
    """Yields (frame, reference, box, label) with pictures (H, W, 3) uint8, BGR."""
    config = dataclasses.replace(
        RECTANGLES, side=SIDE, share=(share, share), objects=(1, 1), negative_share=0.5, stretch=1.0
    )
    for number in range(count):
        item = scene_batch(photos, backgrounds, config, SEED, number, 1)
        frame, reference = (
            np.ascontiguousarray(item[name][0][:, :, ::-1]) for name in ("frame", "reference")
        )
        yield frame, reference, item["box"][0], item["label"][0]


def searches(model):
    """dict way -> function of a frame and a list of objects that gives their `MatchResult`; and one of its matchers."""
    matcher = Matcher(model)
    once = functools.partial(match_objects, matcher, early_no=False)
    return dict(zip(WAYS, (once, Scan(matcher, film=False).match), strict=True)), matcher


def measure(ways, matcher, photos, backgrounds, share, count):
    """dict way -> {"auc", "corloc", "match": share of the frames with the object, "false": of those without, "frames"}."""
    label, found = [], {way: [] for way in ways}
    for frame, reference, box, positive in frames(photos, backgrounds, share, count):
        label.append(positive)
        known = KnownObject("object", COLORS[0], (matcher.describe(reference, "object"),))
        for way, search in ways.items():
            (item,) = search(frame, [known]).objects
            overlap = iou(np.array([item.box_px]), box)[0] if positive else 0.0
            found[way].append((item.distance, overlap, item.match))
    label = np.array(label)
    rows = {}
    for way, values in found.items():
        distance, overlap, match = np.array(values).T
        rows[way] = {
            "auc": metrics.roc_auc(label, distance),
            "corloc": float(np.mean(overlap[label == 1] > 0.5)),
            "match": float(np.mean(match[label == 1])),
            "false": float(np.mean(match[label == 0])),
            "frames": len(label),
        }
    return rows


def figure(result):
    """AUC and CorLoc against the object's size, a line for each way."""
    from matplotlib.figure import Figure

    from getnet_tf.evaluation.plots import BLUE, ORANGE

    drawn = Figure(figsize=(8, 3.2), layout="constrained")
    pixels = [float(share) * SIDE for share in result]
    titles = {"auc": "is it there? AUC", "corloc": "is the box right? CorLoc@0.5"}
    for axis, (key, title) in zip(drawn.subplots(1, 2), titles.items(), strict=True):
        for way, colour in zip(WAYS, (ORANGE, BLUE), strict=True):
            axis.plot(pixels, [rows[way][key] for rows in result.values()], "o-", color=colour, label=way)
        axis.set_xscale("log")
        axis.set_xticks(pixels, [f"{n:.0f}" for n in pixels], minor=False)
        axis.minorticks_off()
        axis.set_xlabel(f"object's side in the {SIDE} px frame, pixels")
        axis.set_title(title, loc="left")
    axis.legend()
    return drawn


def run(options):
    """Measures, prints Markdown, draws."""
    ways, matcher = searches(options.model)
    photos, backgrounds = held_out(options.data, options.part)
    result = {}
    print(
        f"| side of the object | {' | '.join(f'{way}: AUC | CorLoc | match | false' for way in WAYS)} |\n"
        + "|---" * (1 + 4 * len(WAYS))
        + "|"
    )
    for share in SHARES:
        rows = result[str(share)] = measure(ways, matcher, photos, backgrounds, share, options.frames)
        keys = ("auc", "corloc", "match", "false")
        cells = [f"{row[key]:.2f}" for row in rows.values() for key in keys]
        print(f"| {share * SIDE:.0f} px of {SIDE} | {' | '.join(cells)} |", flush=True)
    figure(result).savefig(options.out, dpi=150)
    if options.json:
        write_text(options.json, json.dumps(result, indent=1) + "\n")


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, metavar="DIR", help="holds caltech101/")
    add("--model", type=pathlib.Path, default=SHIPPED_MODEL, help="a .tflite file with `locate` and `embed`")
    add("--out", type=pathlib.Path, required=True, metavar="FILE.png", help="the picture")
    add("--part", choices=("test", "val"), default="test", help="kinds to report on, or to choose by")
    add("--frames", type=int, default=150, help="of each size")
    add("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
