"""Where is it? Models and the best fixed box on frozen scenes, a clip of a cup, and photos of playing cards.

    python benchmarks/scenes.py --data PATH                                         # the shipped model, 3 minutes
    python benchmarks/scenes.py --data PATH --model runs/a/model.keras runs/b/model.keras --json scenes.json

The scenes are those of `frozen_scenes.py`. In the clip the reference is the labelled box of one frame; the other
labelled frames count. A card's reference is the crop of the first photo of its rank, which then does not count. The
fixed box is the best one for these very objects, so it is flattered. Nothing here may be used to choose anything by.
"""

import dataclasses
import pathlib
import sys
import time

import bench
import boxed_sets
import cv2
import numpy as np
import photo_sets
from fixed_box import best_fixed_box
from frozen_scenes import KINDS, bgr, held_out, scene_set, sheet

from edge_demo.model.shipped import SHIPPED_MODEL
from getnet_tf.data.scenes import scene_batch
from getnet_tf.evaluation import metrics

OTHER_FRAMES = 4  # every so many frames of the film without the cup
SHOWN = 8  # scenes of the figure, half of either kind
BESIDE = {  # columns beside the sets
    "cup or not, AUC": bench.of("presence", bench.number("auc", 4)),
    "in the scene or not, AUC": bench.of("in scenes", bench.number("auc", 4)),
    "Siamese, AUC": bench.of("in scenes", bench.number("siamese", 4)),
}


def locate(model, items):
    """How often and how well a model finds the reference: a dict of `corloc` and `mean_iou`."""
    overlaps, described = [], {}
    begun = time.perf_counter()
    for frame, reference, box in items:
        key = id(reference)
        if key not in described:
            described[key] = model.describe(reference, "reference"), reference
        found = model.find(frame, described[key][0])
        overlaps.append(metrics.iou(np.array(found.box_px), box, frame.shape[:2]))
    seconds, corloc = time.perf_counter() - begun, metrics.corloc(overlaps)
    low, high = metrics.wilson_interval(round(corloc * len(overlaps)), len(overlaps))
    found = {"corloc": corloc, "corloc_low": low, "corloc_high": high, "mean_iou": float(np.mean(overlaps))}
    return {**found, "scenes": len(overlaps), "seconds": seconds}


def fixed(items):
    """The same of the best fixed box."""
    boxes = np.array([box / np.tile(frame.shape[1::-1], 2) for frame, _, box in items])
    corloc, box = best_fixed_box(boxes)
    return {"corloc": corloc, "mean_iou": float(metrics.iou(boxes, box, (1, 1)).mean())}


def presence(model, data):
    """AUC of the distance: the clip's frames against another film and pictures of anything."""
    _, reference, _ = boxed_sets.cup_set(data)[0]
    shown = model.describe(reference, "cup")
    others = boxed_sets.frames_of(boxed_sets.street_path(data))[::OTHER_FRAMES]
    others += [cv2.imread(path) for held in (True, False) for path in photo_sets.backgrounds(data, held)]
    cup = boxed_sets.frames_of(boxed_sets.clip_path(data))
    distance = np.array([distance_of(model, frame, shown) for frame in (*cup, *others)])
    label = np.arange(len(distance)) < len(cup)
    return {"auc": metrics.roc_auc(label, distance), "with": len(cup), "without": len(others)}


def presence_in_scenes(model, data, count):
    """AUC of the distance in scenes of masks: half of them hold the reference's kind, half do not; and that of the
    Siamese network, which compares whole frames."""
    photos, backgrounds = held_out(data)
    config = dataclasses.replace(KINDS["masks"], negative_share=0.5)
    label, distance, whole = [], [], []
    for number in range(count):
        item = scene_batch(photos, backgrounds, config, 1, number, 1)
        frame, shown = bgr(item["frame"][0]), model.describe(bgr(item["reference"][0]), "reference")
        label.append(item["label"][0])
        distance.append(distance_of(model, frame, shown))
        whole.append(model.distance(model.describe(frame, "frame").embedding, shown.embedding))
    return {"auc": metrics.roc_auc(label, distance), "siamese": metrics.roc_auc(label, whole)}


def distance_of(model, frame, reference):
    """Between a reference and what is found in a frame."""
    return model.distance(model.find(frame, reference).embedding, reference.embedding)


def figure(model, items):
    """Scenes with what was found, as a contact sheet: (H, W, 3) uint8, BGR."""
    drawn = []
    for frame, reference, _ in items:
        found = model.find(frame, model.describe(reference, "reference"))
        drawn.append({"frame": frame, "reference": reference, "box": found.box_px})
    return sheet(drawn, columns=4, color=(0, 140, 255))


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/, cards/ and video/")
    parser.add_argument(
        "--model",
        type=pathlib.Path,
        nargs="+",
        default=[SHIPPED_MODEL],
        help=".tflite files or checkpoints; default: the shipped one",
    )
    bench.add_count(parser, 500, "scenes of each kind")
    parser.add_argument(
        "--figure", type=pathlib.Path, metavar="FILE.png", help="draw what the first model found"
    )


def measure(options):
    """Every model on every set."""
    sets = {kind: list(scene_set(options.data, kind, options.count)) for kind in KINDS}
    sets |= {"cup.mp4": boxed_sets.cup_set(options.data), "cards": boxed_sets.card_set(options.data)}
    result = {"best fixed box": {name: fixed(items) for name, items in sets.items()}}
    models = {str(path): bench.open_model(path, kinds=True) for path in options.model}
    for path, model in models.items():
        result[path] = {name: locate(model, items) for name, items in sets.items()}
        result[path]["presence"] = presence(model, options.data)
        result[path]["in scenes"] = presence_in_scenes(model, options.data, options.count)
        bench.say(f"measured    {path}")
    if options.figure:
        shown = [items[i] for i in range(SHOWN // 2) for items in (sets["rectangles"], sets["masks"])]
        cv2.imwrite(str(options.figure), figure(next(iter(models.values())), shown))
    return result


def markdown(result):
    """A row for every model."""
    cell = bench.together("{} ({})", bench.number("corloc", 3), bench.number("mean_iou", 3))
    sets = {name: bench.of(name, cell) for name in result["best fixed box"]}
    rows = [{"name": name, **scores} for name, scores in result.items()]
    return bench.table(rows, {"CorLoc@0.5 (mean IoU)": bench.text("name"), **sets, **BESIDE})


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
