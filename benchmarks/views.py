"""Do several views of an object help? One, two and four of them, and ways to put them together, through the edge.

    python benchmarks/views.py --data PATH                          # the shipped model, 4 minutes on 2 cores

Views and frames are always different pictures: products of Grocery Store's `val` (whole photos), playing cards of one
rank (views are cut out by their boxes), and the cup of the clip (views are cut out of its first boxed frames; frames without
it are those of the street). Each frame comes with its own object and with another one. Rules:

- best: the smallest distance of one search per view
- mean: the mean of these distances
- half way: between the two; what `edge_demo` does
- first: one search by the first view; the smallest distance of what it found to any view
- pooled: one search by views mixed into one, embeddings averaged, descriptors cut from each in turn
"""

import argparse
import csv
import json
import pathlib
import sys
import time

import cv2
import numpy as np
import photo_sets

from edge_demo.gallery.views import joint_distance
from edge_demo.model.matcher import Matcher, Reference
from edge_demo.model.preprocess import read_picture
from getnet_tf.errors import report_errors
from getnet_tf.evaluation import metrics
from getnet_tf.training.run_folder import write_text

SHIPPED = pathlib.Path(__file__).parents[1] / "edge_demo" / "models" / "getnet.tflite"
COUNTS = (1, 2, 4)
VIEWS = max(COUNTS)


def grocery_trials(data, limit, rng):
    """(frame, views of its product, views of another product), pictures read."""
    photos = photo_sets.grocery(data)["test"]
    own = {label: np.flatnonzero(photos.labels == label) for label in np.unique(photos.labels)}
    own = {label: rng.permutation(index) for label, index in own.items() if len(index) > VIEWS}
    read = {i: read_picture(photos.paths[i]) for index in own.values() for i in index}
    frames = [(label, i) for label, index in own.items() for i in index[VIEWS:]]
    for place in rng.permutation(len(frames))[:limit]:
        label, i = frames[place]
        other = rng.choice([name for name in own if name != label])
        yield read[i], [read[k] for k in own[label][:VIEWS]], [read[k] for k in own[other][:VIEWS]]


def card_trials(data, limit, rng):
    """As `grocery_trials`, of photos with one card."""
    folder, rows = pathlib.Path(data) / "cards", {}
    with open(folder / "boxes.csv", newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["image"], []).append(row)
    single = [found[0] for found in rows.values() if len(found) == 1]
    ranks = sorted({row["class"] for row in single})
    own = {
        rank: rng.permutation([i for i, row in enumerate(single) if row["class"] == rank]) for rank in ranks
    }
    views = {
        rank: [
            _cut(read_picture(folder / "images" / single[i]["image"]), single[i]) for i in own[rank][:VIEWS]
        ]
        for rank in ranks
    }
    frames = [(rank, i) for rank in ranks for i in own[rank][VIEWS:]]
    for place in rng.permutation(len(frames))[:limit]:
        rank, i = frames[place]
        other = rng.choice([name for name in ranks if name != rank])
        yield read_picture(folder / "images" / single[i]["image"]), views[rank], views[other]


def cup_trials(data, limit, rng):
    """As `grocery_trials`, of the clip; here the frame differs, and not the object."""
    folder = pathlib.Path(data) / "video"
    with open(folder / "cup_boxes.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    cup, street = _frames(folder / "cup.mp4"), _frames(folder / "vtest.avi", 795 // limit)
    shown = np.linspace(0, len(rows) // 2 - 1, VIEWS).round().astype(int)  # from the first half of the clip
    views = [_cut(cup[int(rows[k]["frame"])], rows[k]) for k in shown]
    for row, other in zip(rows[len(rows) // 2 :][:limit], street, strict=False):
        yield cup[int(row["frame"])], views, None
        yield other, None, views


def _frames(path, step=1):
    capture, frames = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG), []
    while capture.grab():
        frames.append(capture.retrieve()[1])
        for _ in range(step - 1):
            capture.grab()
    return frames


def _cut(picture, row):
    xmin, ymin, xmax, ymax = (
        max(0, round(float(row[f"{edge}_px"]))) for edge in ("xmin", "ymin", "xmax", "ymax")
    )
    return picture[ymin:ymax, xmin:xmax]


def pooled(references):
    """Views mixed into one reference: the mean embedding at length 1, every n-th descriptor from the n-th view."""
    mean = np.mean([view.embedding for view in references], axis=0)
    descriptor = None
    if references[0].descriptor is not None:
        descriptor = references[0].descriptor.copy()
        for number, view in enumerate(references):
            descriptor[number :: len(references)] = view.descriptor[number :: len(references)]
    return Reference("pooled", (mean / np.linalg.norm(mean)).astype(np.float32), descriptor)


def distances(matcher, frame, references):
    """dict (rule, number of views) -> distance."""
    found = [matcher.find(frame, view).embedding for view in references]
    own = np.array([matcher.distance(e, view.embedding) for e, view in zip(found, references, strict=True)])
    by_first = np.array([matcher.distance(found[0], view.embedding) for view in references])
    result = {("best", 1): own[0]}
    for count in COUNTS[1:]:
        result["best", count] = own[:count].min()
        result["mean", count] = own[:count].mean()
        result["half way", count] = joint_distance(own[:count])
        result["first", count] = by_first[:count].min()
        mixed = pooled(references[:count])
        result["pooled", count] = matcher.distance(matcher.find(frame, mixed).embedding, mixed.embedding)
    return result


def measure(matcher, trials):
    """Scores of every rule: list of dicts."""
    label, rows, described = [], [], {}

    def references(views):
        if id(views[0]) not in described:  # the pictures live as long as the trials
            described[id(views[0])] = (
                views,
                [matcher.describe(view, str(k)) for k, view in enumerate(views)],
            )
        return described[id(views[0])][1]

    for frame, own, other in trials:
        for value, views in ((1, own), (0, other)):
            if views is not None:
                label.append(value)
                rows.append(distances(matcher, frame, references(views)))
    label, limit = np.array(label), matcher.metadata.threshold
    result = []
    for rule, count in rows[0]:
        distance = np.array([row[rule, count] for row in rows])
        result.append(
            {
                "rule": rule,
                "views": count,
                "auc": metrics.roc_auc(label, distance),
                "found": float((distance[label == 1] <= limit).mean()),
                "false": float((distance[label == 0] <= limit).mean()),
                "best": metrics.pair_accuracy(label, distance, metrics.best_threshold(label, distance)),
                "score": float(np.mean([matcher.score(d) for d in distance[label == 1]])),
                "same": int((label == 1).sum()),
                "different": int((label == 0).sum()),
            }
        )
    return result


def run(options):
    """Measures, prints Markdown."""
    matcher = Matcher(options.model, options.threads)
    sets, result = {"grocery": grocery_trials, "cards": card_trials, "cup": cup_trials}, {}
    print(
        "| data | frames with, without | rule | views | searches | AUC | found % | false % | best accuracy % | mean score |"
    )
    print("|---" * 10 + "|")
    for name, trials in sets.items():
        begun = time.perf_counter()
        result[name] = measure(
            matcher, trials(options.data, options.limit, np.random.default_rng(options.seed))
        )
        for row in result[name]:
            searches = row["views"] if row["rule"] in ("best", "mean", "half way") else 1
            print(
                f"| {name} | {row['same']}, {row['different']} | {row['rule']} | {row['views']} | {searches} | "
                f"{row['auc']:.4f} | {100 * row['found']:.1f} | {100 * row['false']:.1f} | {100 * row['best']:.1f} | "
                f"{100 * row['score']:.0f} % |",
                flush=True,
            )
        print(f"{name}: {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    if options.json:
        write_text(options.json, json.dumps(result, indent=1) + "\n")


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, metavar="DIR", help="holds grocery/, cards/ and video/")
    add("--model", type=pathlib.Path, default=SHIPPED, help="a .tflite file")
    add("--limit", type=int, default=45, help="frames of each set, with and without the object")
    add("--seed", type=int, default=0, help="of the choice of views and frames")
    add("--threads", type=int, default=1, help="that the model runs on")
    add("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
