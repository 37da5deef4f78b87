"""How small may an object be? Its area sampled from the network's image, cut out of the camera's frame, or searched by tiles.

    python benchmarks/small_objects.py --data PATH --out small.png --json small.json      # 20 minutes
    python benchmarks/small_objects.py --data PATH --out val.png --part val               # by which `edge_demo.model.scan` is set

One object in a frame of 1280 x 1280 pixels, of a fifth of the side down to a twenty-seventh; half the frames show another
kind of thing instead. Photos and backgrounds are those that no training has seen (`photo_sets`, seed 0); the reference is
another picture of the kind. The first two ways locate on the same 320 x 320 image; what differs is what they then compare.
The third is what `--effort thorough` does with a picture: the whole, tiles, and two closer looks that must agree. Reported at every
size: the AUC of the distance for "is it there", how often the box is right (IoU of 0.5 or more), and how often the model's own
threshold finds it in frames with and without it.
"""

import dataclasses
import functools
import pathlib
import sys

import bench
import cv2
import numpy as np
from frozen_scenes import RECTANGLES, bgr, held_out

from edge_demo.effort import THOROUGH
from edge_demo.gallery.palette import COLORS
from edge_demo.gallery.still import Still
from edge_demo.gallery.views import KnownObject, match_objects
from getnet_tf.data.scenes import scene_batch
from getnet_tf.evaluation import metrics

SIDE = 1280
SHARES = (0.0375, 0.05, 0.075, 0.1, 0.14, 0.2)  # of the frame's side
SEED = 3
WAYS = ("from the network's image", "from the frame", "with tiles")


def frames(photos, backgrounds, share, count, seed):
    """Yields (frame, reference, box, label) with pictures (H, W, 3) uint8, BGR."""
    config = dataclasses.replace(
        RECTANGLES, side=SIDE, share=(share, share), objects=(1, 1), negative_share=0.5, stretch=1.0
    )
    for number in range(count):
        item = scene_batch(photos, backgrounds, config, seed, number, 1)
        yield bgr(item["frame"][0]), bgr(item["reference"][0]), item["box"][0], item["label"][0]


def searches(matcher):
    """dict way -> function of a frame and a list of objects that gives what was found of each."""
    ways = functools.partial(reduced, matcher), functools.partial(match_objects, matcher, early_no=False)
    return dict(zip(WAYS, (*ways, Still(matcher, THOROUGH).match), strict=True))


def reduced(matcher, frame, known):
    """Searches a frame of which no more is left than the network's image; boxes are those of the frame."""
    small = cv2.resize(frame, matcher.metadata.image_hw[::-1], interpolation=cv2.INTER_AREA)
    scale = np.tile(np.array(frame.shape[1::-1]) / small.shape[1::-1], 2)
    result = match_objects(matcher, small, known, early_no=False)
    objects = [dataclasses.replace(found, box_px=tuple(found.box_px * scale)) for found in result.objects]
    return dataclasses.replace(result, objects=objects)


def scores_of(matcher, scenes):
    """dict way -> {"auc", "corloc", "match": share of the frames with the object, "false": of those without, "frames"}."""
    ways = searches(matcher)
    label, found = [], {way: [] for way in ways}
    for frame, reference, box, positive in scenes:
        label.append(positive)
        known = KnownObject("object", COLORS[0], (matcher.describe(reference, "object"),))
        for way, search in ways.items():
            (item,) = search(frame, [known]).objects
            overlap = metrics.iou(np.array(item.box_px), box, frame.shape[:2]) if positive else 0.0
            found[way].append((item.distance, overlap, item.match))
    label = np.array(label)
    rows = {}
    for way, values in found.items():
        distance, overlap, match = np.array(values).T
        rows[way] = {
            "auc": metrics.roc_auc(label, distance),
            "corloc": metrics.corloc(overlap[label == 1]),
            "match": float(np.mean(match[label == 1])),
            "false": float(np.mean(match[label == 0])),
            "frames": len(label),
        }
    return rows


def figure(rows):
    """AUC and CorLoc against the object's size, a line for each way."""
    from matplotlib.figure import Figure

    from getnet_tf.evaluation.plots import BLUE, GREY, ORANGE

    drawn = Figure(figsize=(8, 3.2), layout="constrained")
    pixels = [row["px"] for row in rows]
    titles = {"auc": "is it there? AUC", "corloc": "is the box right? CorLoc@0.5"}
    for axis, (key, title) in zip(drawn.subplots(1, 2), titles.items(), strict=True):
        for way, colour in zip(WAYS, (GREY, ORANGE, BLUE), strict=True):
            axis.plot(pixels, [row[way][key] for row in rows], "o-", color=colour, label=way)
        axis.set_xscale("log")
        axis.set_xticks(pixels, [f"{n:.0f}" for n in pixels], minor=False)
        axis.minorticks_off()
        axis.set_xlabel(f"object's side in the {SIDE} px frame, pixels")
        axis.set_title(title, loc="left")
    axis.legend()
    return drawn


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/")
    bench.add_model(parser)
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="FILE.png", help="the picture")
    bench.add_part(parser, "test")
    bench.add_count(parser, 150, "of each size", "--frames")
    bench.add_seed(parser, SEED)


def measure(options):
    """A row for each size; draws."""
    matcher = bench.open_model(options.model, options.threads, kinds=True)
    photos, backgrounds = held_out(options.data, options.part)
    rows = []
    for share in SHARES:
        scenes = frames(photos, backgrounds, share, options.frames, options.seed)
        rows.append({"px": share * SIDE, **scores_of(matcher, scenes)})
        bench.say(f"measured    {share * SIDE:.0f} px")
    figure(rows).savefig(options.out, dpi=150)
    return {"sizes": rows}


def markdown(result):
    """The rows as they are."""
    columns = {"side of the object, px": bench.number("px", 0)}
    for way in WAYS:
        for title, key in (("AUC", "auc"), ("CorLoc", "corloc"), ("match", "match"), ("false", "false")):
            columns[f"{way}: {title}"] = bench.of(way, bench.number(key, 2))
    return bench.table(result["sizes"], columns)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
