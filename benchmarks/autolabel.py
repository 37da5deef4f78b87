"""Boxes that nobody drew, against boxes that somebody did: what each option of autolabel buys.

    python benchmarks/autolabel.py --data PATH                                   # the clip of a cup, playing cards; 10 minutes
    python benchmarks/autolabel.py --data PATH --digits noise=a.tflite scaled=b.tflite       # and digits

Cup and cards are labelled by the shipped model after one picture, as `scenes.py` takes them: the labelled box of one frame,
which then does not count, and a crop for each rank. Digits are 1,000 of MNIST's official test digits, hidden as in training,
in a folder for each, labelled `--by-folder` by a model that `digits.py` trained. In every picture the surest box counts,
kept or not. Options are those of `--kinds`; a model that can tell this one from others also labels by itself, as the program does
without that. The fixed box is the best one for these very objects; "best constant size" is the best one size at the centres
that one look predicts.
"""

import pathlib
import sys
import tempfile
import time

import bench
import cv2
import numpy as np
from boxed_sets import card_set, cup_set
from fixed_box import best_fixed_box

from edge_demo.model.metadata import read as read_metadata
from edge_demo.model.shipped import SHIPPED_MODEL
from getnet_tf.autolabel.job import Job, View
from getnet_tf.autolabel.labeller import Labeller
from getnet_tf.autolabel.pictures import pictures_of
from getnet_tf.autolabel.references import cut_references
from getnet_tf.autolabel.search import Effort
from getnet_tf.data import digits
from getnet_tf.errors import InputError
from getnet_tf.evaluation import metrics

EFFORTS = {
    "one look": Effort(),
    "--refine": Effort(refine=True),
    "--agree": Effort(agree=True),
    "--refine --agree": Effort(refine=True, agree=True),
    "--tiles": Effort(tiles=True),
}
THIS_ONE = "this one, anywhere"
DIGITS, SEED = 1000, 0
NOISE = 0.3
UNIT = (1, 1)  # (H, W) of every picture, once boxes are over pictures of size 1


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
    test, rng = digits.load(data / "mnist.npz")["test"], np.random.default_rng(SEED)
    chosen = rng.permutation(len(test.labels))[:DIGITS]
    images, boxes = digits.render(test.images[chosen], variant, NOISE, rng, test.images)
    root, paths = folder / "pictures", []
    for number, (image, label) in enumerate(zip(images, test.labels[chosen], strict=True)):
        paths.append(f"{label}/{number:05d}.png")
        (root / str(label)).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(root / paths[-1]), np.round(image * 255).astype(np.uint8))
    views = cut_references(root, pictures_of(root)[0], str(model), folder / "references")
    return [(Job(str(root), views, str(model), by_folder=True), paths, list(boxes))]


def labelled(jobs, effort, kinds=True):
    """What the surest candidates are, over pictures of size 1.

    Args:
        jobs: as `photo_jobs` gives them.
        effort: `Effort`.
        kinds: as `Job` has it.

    Returns:
        their boxes (N, 4), the true boxes (N, 4), spreads (N,), and CPU seconds a picture.
    """
    found, true, spreads, sizes = [], [], [], []
    begun = time.process_time()
    for job, paths, boxes in jobs:
        labeller = Labeller(Job(job.root, job.views, job.model, job.by_folder, effort, kinds))
        for path, box in zip(paths, boxes, strict=True):
            label = labeller.label(path)
            found.append(label.candidates[0].box_px)
            spreads.append(label.candidates[0].spread)
            sizes.append((label.width, label.height) * 2)
            true.append(box)
    seconds = (time.process_time() - begun) / len(found)
    return np.array(found) / sizes, np.array(true) / sizes, np.array(spreads), seconds


def scores_of(jobs):
    """All rows of one data set: dict name -> scores."""
    rows = {}
    for name, effort in EFFORTS.items():
        found, true, spreads, seconds = labelled(jobs, effort)
        overlap = metrics.iou(found, true, UNIT)
        rows[name] = {**_fit(overlap), "ms": 1000 * seconds}
        if effort.agree:  # does the spread tell bad boxes?
            rows[name]["corloc_of_the_surer_half"] = metrics.corloc(overlap[spreads <= np.median(spreads)])
        if name == "one look":
            _, box = best_fixed_box(true)
            rows["best fixed box"] = _fit(metrics.iou(true, box, UNIT))
            rows["best constant size"] = _fit(best_constant_size(found, true))
        bench.say(f"measured    {name}")
    if read_metadata(jobs[0][0].model).layout is not None:
        found, true, _, seconds = labelled(jobs, Effort(), kinds=False)
        rows[THIS_ONE] = {**_fit(metrics.iou(found, true, UNIT)), "ms": 1000 * seconds}
        bench.say(f"measured    {THIS_ONE}")
    return rows


def _fit(overlap):
    return {"mean_iou": float(overlap.mean()), "corloc": metrics.corloc(overlap)}


def best_constant_size(found, true):
    """IoU (N,) of the one size, of all on a grid of eighths of octaves, that fits best at the centres that were found."""
    centres = (found[:, :2] + found[:, 2:]) / 2
    middle = np.median(true[:, 2:] - true[:, :2], axis=0)
    factors = 2.0 ** np.arange(-1, 1.01, 1 / 8)
    sizes = [middle * (across, down) for across in factors for down in factors]
    overlaps = (metrics.iou(metrics.boxes_of_size(centres, size), true, UNIT) for size in sizes)
    return max(overlaps, key=np.mean)


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds video/ and cards/, and mnist.npz for digits")
    parser.add_argument(
        "--model", type=pathlib.Path, default=SHIPPED_MODEL, metavar="FILE", help="for cup and cards"
    )
    parser.add_argument(
        "--digits",
        nargs="+",
        default=[],
        metavar="VARIANT=FILE",
        help="variants of the digits, each with its .tflite",
    )


def _model_of(given):
    variant, _, model = given.partition("=")
    if not pathlib.Path(model).is_file():
        raise InputError(f"Invalid --digits. Expected VARIANT=FILE.tflite. Received: {given}.")
    return variant, model


def measure(options):
    """Every effort on every data set."""
    result = {}
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        sets = {
            "cup.mp4": lambda: photo_jobs(cup_set(options.data), options.model, scratch / "cup"),
            "cards": lambda: photo_jobs(card_set(options.data), options.model, scratch / "cards"),
        }
        for variant, model in map(_model_of, options.digits):
            sets[f"digits, {variant}"] = lambda variant=variant, model=model: digit_jobs(
                options.data, variant, model, scratch / variant
            )
        for name, jobs in sets.items():
            result[name] = scores_of(jobs())
    return result


def markdown(result):
    """A row for every way."""
    cell = bench.together(
        "{}, {}, {}", bench.number("mean_iou", 3), bench.number("corloc", 3), bench.number("ms", 0)
    )
    rows = [
        {"way": way, **{name: found.get(way) for name, found in result.items()}}
        for way in ("best fixed box", "best constant size", *EFFORTS, THIS_ONE)
        if any(way in found for found in result.values())
    ]
    columns = {name: bench.of(name, cell) for name in result}
    return bench.table(rows, {"mean IoU, CorLoc@0.5, CPU ms a picture": bench.text("way"), **columns})


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
