"""How small may an object be? Its area sampled from the network's image, or cut out of the camera's frame itself.

    python benchmarks/small_objects.py --data PATH --out small.png --json small.json      # 5 minutes

One object in a frame of 1280 x 1280 pixels, of a fifth of the side down to a thirtieth; half the frames show another kind of
thing instead. Photos and backgrounds are those that no training has seen (`photo_sets`, seed 0); the reference is another
picture of the kind. Both ways locate on the same 320 x 320 image; what differs is what they then compare. Reported at
every size: the AUC of the distance for "is it there", and how often the box is right (IoU above 0.5).
"""

import argparse
import dataclasses
import json
import pathlib
import sys

import numpy as np
from frozen_scenes import RECTANGLES, held_out
from scenes import iou

from edge_demo.__main__ import SHIPPED_MODEL
from edge_demo.matcher import Matcher
from getnet_tf import metrics
from getnet_tf.data.scenes import scene_batch
from getnet_tf.errors import report_errors
from getnet_tf.run_folder import write_text

SIDE = 1280
SHARES = (0.033, 0.05, 0.075, 0.1, 0.14, 0.2)  # of the frame's side
SEED = 3
WAYS = {"from the network's image": False, "from the frame": True}


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


def measure(matchers, photos, backgrounds, share, count):
    """dict way -> {"auc", "corloc", "pixels"}."""
    label, found = [], {way: [] for way in matchers}
    for frame, reference, box, positive in frames(photos, backgrounds, share, count):
        label.append(positive)
        for way, matcher in matchers.items():
            result = matcher.match(frame, [matcher.describe(reference, "object")]).objects[0]
            found[way].append((result.distance, iou(np.array([result.box_px]), box)[0] if positive else 0.0))
    label = np.array(label)
    rows = {}
    for way, values in found.items():
        distance, overlap = np.array(values).T
        rows[way] = {
            "auc": metrics.roc_auc(label, distance),
            "corloc": float(np.mean(overlap[label == 1] > 0.5)),
            "frames": len(label),
        }
    return rows


def figure(result):
    """AUC and CorLoc against the object's size, a line for each way."""
    from matplotlib.figure import Figure

    from getnet_tf.plots import BLUE, ORANGE

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
    matchers = {way: Matcher(options.model, full_resolution=sharp) for way, sharp in WAYS.items()}
    photos, backgrounds = held_out(options.data)
    result = {}
    print(
        f"| side of the object | {' | '.join(f'{way}: AUC | CorLoc' for way in WAYS)} |\n|---|---|---|---|---|"
    )
    for share in SHARES:
        rows = result[str(share)] = measure(matchers, photos, backgrounds, share, options.frames)
        cells = [f"{row['auc']:.3f} | {row['corloc']:.3f}" for row in rows.values()]
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
    add("--frames", type=int, default=150, help="of each size")
    add("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
