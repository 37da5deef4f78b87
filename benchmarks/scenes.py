"""Where is it? Models and the best fixed box on frozen scenes, a clip of a cup, and photos of playing cards.

    python benchmarks/scenes.py --data PATH                                         # the shipped model, 3 minutes
    python benchmarks/scenes.py --data PATH --model runs/a/model.keras runs/b/model.keras --json scenes.json

The scenes are those of `frozen_scenes.py`. In the clip the reference is the labelled box of one frame; the other
labelled frames count. A card's reference is the crop of the first photo of its rank, which then does not count. The
fixed box is the best one for these very objects, so it is flattered. Nothing here may be used to choose anything by.
"""

import argparse
import csv
import dataclasses
import json
import pathlib
import sys
import time

import cv2
import finder
import numpy as np
import photo_sets
from frozen_scenes import KINDS, frozen_scenes, held_out, sheet

from edge_demo.__main__ import SHIPPED_MODEL
from getnet_tf.data.scenes import scene_batch
from getnet_tf.errors import report_errors
from getnet_tf.evaluation import metrics
from getnet_tf.training.run_folder import write_text

REFERENCE_FRAME = 24
OTHER_FRAMES = 4  # every so many frames of the video without the cup
SHOWN = 8  # scenes of the figure, half of either kind
STEPS = 12  # of the grid that the best fixed box is searched on, per side


def iou(box0, box1):
    """Intersection over union of boxes (N, 4) and (N, 4) or (4,)."""
    low, high = np.maximum(box0[:, :2], box1[..., :2]), np.minimum(box0[:, 2:], box1[..., 2:])
    both = np.maximum(high - low, 0).prod(axis=1)
    area0, area1 = ((b[..., 2:] - b[..., :2]).prod(axis=-1) for b in (box0, box1))
    return both / (area0 + area1 - both)


def best_fixed_box(boxes):
    """CorLoc@0.5 of the one box that is right most often, on a grid over frames of size 1: boxes (N, 4)."""
    ticks = np.linspace(0, 1, STEPS + 1)
    grid = [(x0, y0, x1, y1) for x0 in ticks for y0 in ticks for x1 in ticks for y1 in ticks]
    return max(
        np.mean(iou(boxes, np.array(box)) > 0.5) for box in grid if box[0] < box[2] and box[1] < box[3]
    )


def scene_set(data, kind, count):
    """Frozen scenes as (frame, reference, box) with BGR pictures."""
    photos, backgrounds = held_out(data)
    for scene in frozen_scenes(photos, backgrounds, kind, count):
        yield _bgr(scene["frame"]), _bgr(scene["reference"]), scene["box"]


def cup_set(data):
    """The labelled frames of the clip but the reference's."""
    folder = pathlib.Path(data) / "video"
    boxes = {int(row[0]): np.array(row[1:], float) for row in _rows(folder / "cup_boxes.csv")}
    frames = read_video(folder / "cup.mp4")
    xmin, ymin, xmax, ymax = boxes[REFERENCE_FRAME].astype(int)
    reference = frames[REFERENCE_FRAME][ymin:ymax, xmin:xmax]
    return [(frames[i], reference, box) for i, box in boxes.items() if i != REFERENCE_FRAME]


def card_set(data):
    """The photos with one card, beside the first photo of that rank."""
    folder, found = pathlib.Path(data) / "cards", {}
    for image, rank, *box in _rows(folder / "boxes.csv"):
        found.setdefault(image, []).append((rank, np.array(box, float)))
    references, items = {}, []
    for image, cards in sorted(found.items()):
        if len(cards) == 1:
            rank, box = cards[0]
            picture = cv2.imread(str(folder / "images" / image))
            if rank in references:
                items.append((picture, references[rank], box))
            else:
                xmin, ymin, xmax, ymax = box.astype(int)
                references[rank] = picture[ymin:ymax, xmin:xmax]
    return items


def locate(model, items):
    """How often and how well a model finds the reference: dict, the share as a percentage's fraction."""
    overlaps, described = [], {}
    begun = time.perf_counter()
    for frame, reference, box in items:
        key = id(reference)
        if key not in described:
            described[key] = model.describe(reference), reference
        found, _ = model.find(frame, described[key][0])
        overlaps.append(iou(found[None], box)[0])
    overlaps = np.array(overlaps)
    low, high = metrics.wilson_interval(int(np.sum(overlaps > 0.5)), len(overlaps))
    return {
        "corloc": float(np.mean(overlaps > 0.5)),
        "corloc_low": low,
        "corloc_high": high,
        "mean_iou": float(overlaps.mean()),
        "scenes": len(overlaps),
        "seconds": time.perf_counter() - begun,
    }


def presence(model, data):
    """AUC of the distance: the clip's frames against another video and pictures of anything."""
    folder = pathlib.Path(data) / "video"
    _, reference, _ = cup_set(data)[0]
    described = model.describe(reference)
    others = read_video(folder / "vtest.avi")[::OTHER_FRAMES]
    others += [cv2.imread(path) for held in (True, False) for path in photo_sets.backgrounds(data, held)]
    distances = [
        [model.find(frame, described)[1] for frame in frames]
        for frames in (read_video(folder / "cup.mp4"), others)
    ]
    label = np.concatenate([np.ones(len(distances[0])), np.zeros(len(distances[1]))])
    return {
        "auc": metrics.roc_auc(label, np.concatenate(distances)),
        "with": len(distances[0]),
        "without": len(distances[1]),
    }


def presence_in_scenes(model, data, count):
    """AUC of the distance in scenes of masks: half of them hold the reference's kind, half do not; and that of the
    Siamese network, which compares whole frames."""
    photos, backgrounds = held_out(data)
    config = dataclasses.replace(KINDS["masks"], negative_share=0.5)
    label, distances, whole = [], [], []
    for number in range(count):
        item = scene_batch(photos, backgrounds, config, 1, number, 1)
        frame, reference = _bgr(item["frame"][0]), model.describe(_bgr(item["reference"][0]))
        label.append(item["label"][0])
        distances.append(model.find(frame, reference)[1])
        whole.append(model.distance(model.describe(frame), reference))
    label = np.array(label)
    return {
        "auc": metrics.roc_auc(label, np.array(distances)),
        "siamese": metrics.roc_auc(label, np.array(whole)),
    }


def figure(model, items):
    """Scenes with what was found, as a contact sheet: (H, W, 3) uint8, BGR."""
    drawn = []
    for frame, reference, _ in items:
        found, _ = model.find(frame, model.describe(reference))
        drawn.append({"frame": frame, "reference": reference, "box": found})
    return sheet(drawn, columns=4, color=(0, 140, 255))


def read_video(path):
    """All frames, BGR."""
    video, frames = cv2.VideoCapture(str(path)), []
    while (frame := video.read())[0]:
        frames.append(frame[1])
    return frames


def _rows(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))[1:]


def _bgr(picture):
    return np.ascontiguousarray(picture[:, :, ::-1])


def run(options):
    """Measures every model on every set, prints Markdown."""
    sets = {kind: list(scene_set(options.data, kind, options.count)) for kind in KINDS}
    sets |= {"cup.mp4": cup_set(options.data), "cards": card_set(options.data)}
    result = {"best fixed box": {}}
    for name, items in sets.items():
        sizes = [np.tile(frame.shape[1::-1], 2) for frame, _, _ in items]
        boxes = np.array([box / size for (_, _, box), size in zip(items, sizes, strict=True)])
        result["best fixed box"][name] = {"corloc": float(best_fixed_box(boxes))}
    for path in options.model:
        model = finder.open_finder(path)
        result[str(path)] = {name: locate(model, items) for name, items in sets.items()}
        result[str(path)]["presence"] = presence(model, options.data)
        result[str(path)]["in scenes"] = presence_in_scenes(model, options.data, options.count)
        print(f"done: {path}", file=sys.stderr)
    if options.figure:
        shown = [items[i] for i in range(SHOWN // 2) for items in (sets["rectangles"], sets["masks"])]
        cv2.imwrite(str(options.figure), figure(finder.open_finder(options.model[0]), shown))
    print(
        "| CorLoc@0.5 (mean IoU) | "
        + " | ".join(sets)
        + " | cup or not, AUC | in the scene or not, AUC | Siamese, AUC |"
    )
    print("|---" * (len(sets) + 4) + "|")
    for name, scores in result.items():
        cells = [_cell(scores[key]) for key in sets]
        found = [scores["presence"]["auc"], *scores["in scenes"].values()] if "presence" in scores else []
        cells += [f"{auc:.4f}" for auc in found] or ["-"] * 3
        print(f"| {name} | {' | '.join(cells)} |")
    if options.json:
        write_text(options.json, json.dumps(result, indent=1) + "\n")


def _cell(scores):
    if "mean_iou" not in scores:
        return f"{scores['corloc']:.3f}"
    low, high = scores["corloc_low"], scores["corloc_high"]
    return f"{scores['corloc']:.3f} [{low:.3f}, {high:.3f}] ({scores['mean_iou']:.3f})"


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, metavar="DIR", help="holds caltech101/, cards/ and video/")
    add("--model", type=pathlib.Path, nargs="+", default=[SHIPPED_MODEL], help=".tflite files or checkpoints")
    add("--count", type=int, default=500, help="scenes of each kind")
    add("--figure", type=pathlib.Path, metavar="FILE.png", help="draw what the first model found")
    add("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
