"""Boxes that nobody drew, against boxes that somebody did: what each option of autolabel buys.

    python benchmarks/autolabel.py --data PATH                                   # the clip of a cup, playing cards; 10 minutes
    python benchmarks/autolabel.py --data PATH --digits noise=a.tflite scaled=b.tflite       # and digits

Cup and cards are labelled by the shipped model after one picture, as `scenes.py` takes them: the labelled box of one frame,
which then does not count, and a crop for each rank. Digits are 1,000 of MNIST's official test digits, hidden as in training,
in a folder for each, labelled `--by-folder` by a model that `digits.py` trained. In every picture the surest box counts,
kept or not. The fixed box is the best one for these very objects; "best constant size" is the best one size at the centres
that one look predicts.
"""

import argparse
import json
import pathlib
import sys
import tempfile
import time

import cv2
import numpy as np
from scenes import best_fixed_box, card_set, cup_set, iou

from edge_demo.__main__ import SHIPPED_MODEL
from getnet_tf.autolabel.job import Job, View
from getnet_tf.autolabel.labeller import Labeller
from getnet_tf.autolabel.pictures import pictures_of
from getnet_tf.autolabel.references import cut_references
from getnet_tf.autolabel.search import Effort
from getnet_tf.data import digits
from getnet_tf.errors import report_errors
from getnet_tf.training.run_folder import write_text

EFFORTS = {
    "one look": Effort(),
    "--refine": Effort(refine=True),
    "--agree": Effort(agree=True),
    "--refine --agree": Effort(refine=True, agree=True),
    "--tiles": Effort(tiles=True),
}
DIGITS, SEED = 1000, 0
NOISE = 0.3


def photo_jobs(items, model, folder):
    """(jobs without their effort, paths of each, true boxes of each) of (picture, reference, box), a job per reference."""
    jobs = {}
    for number, (picture, reference, box) in enumerate(items):
        name = f"thing{id(reference)}"
        root = folder / name
        if name not in jobs:
            (root / "pictures").mkdir(parents=True)
            cv2.imwrite(str(root / "reference.png"), reference)
            view = View("thing", str(root / "reference.png"))
            jobs[name] = (Job(str(root / "pictures"), (view,), str(model)), [], [])
        cv2.imwrite(str(root / "pictures" / f"{number:05d}.png"), picture)
        jobs[name][1].append(f"{number:05d}.png")
        jobs[name][2].append(box)
    return list(jobs.values())


def digit_jobs(data, variant, model, folder):
    """As `photo_jobs`, of digits in a folder for each."""
    test, rng = digits.load(pathlib.Path(data) / "mnist.npz")["test"], np.random.default_rng(SEED)
    chosen = rng.permutation(len(test.labels))[:DIGITS]
    images, boxes = digits.render(test.images[chosen], variant, NOISE, rng, test.images)
    root, paths = folder / "pictures", []
    for number, (image, label) in enumerate(zip(images, test.labels[chosen], strict=True)):
        paths.append(f"{label}/{number:05d}.png")
        (root / str(label)).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(root / paths[-1]), np.round(image * 255).astype(np.uint8))
    views = cut_references(root, pictures_of(root), str(model), folder / "references")
    return [(Job(str(root), views, str(model), by_folder=True), paths, list(boxes))]


def labelled(jobs, effort):
    """Boxes (N, 4) of the surest candidates, their true boxes, spreads (N,), picture sizes (N, 2), and seconds a picture."""
    found, true, spreads, sizes = [], [], [], []
    begun = time.process_time()
    for job, paths, boxes in jobs:
        labeller = Labeller(Job(job.root, job.views, job.model, job.by_folder, effort))
        for path, box in zip(paths, boxes, strict=True):
            label = labeller.label(path)
            found.append(label.candidates[0].box_px)
            spreads.append(label.candidates[0].spread)
            sizes.append((label.width, label.height))
            true.append(box)
    seconds = (time.process_time() - begun) / len(found)
    return np.array(found), np.array(true), np.array(spreads), np.array(sizes, float), seconds


def measure(jobs):
    """All rows of one data set: dict name -> scores."""
    rows = {}
    for name, effort in EFFORTS.items():
        found, true, spreads, sizes, seconds = labelled(jobs, effort)
        overlap = iou(found, true)
        rows[name] = {
            "mean_iou": float(overlap.mean()),
            "corloc": float(np.mean(overlap > 0.5)),
            "ms": 1000 * seconds,
        }
        if effort.agree:  # does the spread tell bad boxes?
            sure = spreads <= np.median(spreads)
            rows[name]["corloc_of_the_surer_half"] = float(np.mean(overlap[sure] > 0.5))
        if name == "one look":
            rows["best constant size"] = best_constant_size(found, true)
            rows["best fixed box"] = {"corloc": float(best_fixed_box(true / np.tile(sizes, 2)))}
        print(f"measured    {name}", file=sys.stderr, flush=True)
    return rows


def best_constant_size(found, true):
    """Scores of the one size, of all on a grid of eighths of octaves, that fits best at the centres that were found."""
    centre = (found[:, :2] + found[:, 2:]) / 2
    middle = np.median(true[:, 2:] - true[:, :2], axis=0)
    best = None
    for across in 2.0 ** np.arange(-1, 1.01, 1 / 8):
        for down in 2.0 ** np.arange(-1, 1.01, 1 / 8):
            half = middle * (across, down) / 2
            overlap = iou(np.concatenate([centre - half, centre + half], axis=1), true)
            if best is None or overlap.mean() > best.mean():
                best = overlap
    return {"mean_iou": float(best.mean()), "corloc": float(np.mean(best > 0.5))}


def run(options):
    """Labels, measures, prints Markdown."""
    result = {}
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        sets = {
            "cup.mp4": lambda: photo_jobs(cup_set(options.data), options.model, scratch / "cup"),
            "cards": lambda: photo_jobs(card_set(options.data), options.model, scratch / "cards"),
        }
        for given in options.digits:
            variant, model = given.split("=", 1)
            sets[f"digits, {variant}"] = lambda variant=variant, model=model: digit_jobs(
                options.data, variant, model, scratch / variant
            )
        for name, jobs in sets.items():
            result[name] = measure(jobs())
    print(table(result))
    if options.json:
        write_text(options.json, json.dumps(result, indent=1) + "\n")


def table(result):
    """The scores as Markdown."""
    lines = [
        f"| mean IoU, CorLoc@0.5, CPU ms a picture | {' | '.join(result)} |",
        "|---" * (1 + len(result)) + "|",
    ]
    for way in ["best fixed box", "best constant size", *EFFORTS]:
        cells = []
        for rows in result.values():
            row = rows[way]
            parts = [f"{row[key]:.3f}" if key in row else "-" for key in ("mean_iou", "corloc")]
            cells.append(", ".join(parts) + (f", {row['ms']:.0f}" if "ms" in row else ""))
        lines.append(f"| {way} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, metavar="DIR", help="holds video/ and cards/, and mnist.npz for digits")
    add("--model", type=pathlib.Path, default=SHIPPED_MODEL, metavar="FILE", help="for cup and cards")
    add(
        "--digits",
        nargs="+",
        default=[],
        metavar="VARIANT=FILE",
        help="variants of the digits, each with its .tflite",
    )
    add("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
