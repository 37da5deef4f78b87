"""The paper's experiment on real digits, with everything it is compared with.

    python benchmarks/digits.py --data PATH/mnist.npz --json digits.json          # 2 hours on 2 idle cores
    python benchmarks/digits.py --data PATH/mnist.npz --quick --runs runs/quick   # its shape, in 20 minutes

Trains what is missing into --runs (each training resumes after a kill, finished ones are reused), exports the model
for `noise`, evaluates on the official test digits with one positive and one negative pair each, prints Markdown.
The learning rate of each network is searched alike, on validation pairs of `noise`, and serves for all data sets.

Two Siamese networks stand beside GetNet. "Siamese" is the paper's comparison: GetNet's branch without the transformer,
the same encoder on the whole image. That encoder keeps the layout of what it sees, which helps only what has been put
into place; "Siamese, pooled" averages the layout away, and is the stronger opponent.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time

import bench
import numpy as np
from digit_trainings import (
    AREA_WEIGHTS,
    NETWORKS,
    QUICK,
    SEEDS,
    Budget,
    Trainings,
    slug,
    validation_accuracies,
)

from getnet_tf.card import read_card
from getnet_tf.evaluate import TEST_SEED, evaluate

MAIN = {
    "data set": bench.text("data_set"),
    "model": bench.text("model"),
    "pair accuracy %": bench.percent("pair_accuracy", 2),
    "at the best threshold %": bench.percent("best_pair_accuracy", 2),
    "ROC-AUC": bench.number("roc_auc", 4),
    "EER %": bench.percent("eer", 2),
    "mean IoU": bench.number("mean_iou", 3),
    "CorLoc@0.5": bench.number("corloc", 3),
    "best constant size": bench.number("mean_iou_constant", 3),
    "training pairs": bench.number("training_pairs", 0),
    "minutes": bench.number("training_minutes", 1),
    "commit": bench.text("commit"),
}
RATIOS = {
    "data set": bench.text("data_set"),
    "error of GetNet / error of": bench.text("to"),
    "ratio": bench.number("ratio", 2),
}
ABLATION = {
    "schedule": bench.text("schedule"),
    "seed": bench.text("seed"),
    **{
        name: MAIN[name]
        for name in ("pair accuracy %", "mean IoU", "CorLoc@0.5", "training pairs", "minutes")
    },
}
FILES = {
    "file": bench.text("file"),
    "kB": bench.number("kilobytes", 0),
    "ms per image, one thread": bench.number("ms_per_image", 3),
    "pair accuracy %": bench.percent("pair_accuracy", 2),
    "mean IoU": bench.number("mean_iou", 3),
}


def row_of(folder, data_set, model, limit=None):
    """One row of the main table: the scores of a run on the test split, and where they come from."""
    scores, _, _ = evaluate(folder, limit=limit)
    card = read_card(folder)
    about = {
        "data_set": data_set,
        "model": model,
        "schedule": card.config.train.schedule if card.config.model.localiser != "none" else "-",
        "learning_rate": card.config.train.learning_rate,
        "training_pairs": card.config.train.steps * card.config.train.batch,
        "training_minutes": round(card.seconds / 60, 1),
        "commit": card.commit,
    }
    return {**about, **scores}


def error_ratios(rows):
    """Error of GetNet over the error of each Siamese network, per data set that has both."""
    error = {(row["data_set"], row["model"]): 1 - row["pair_accuracy"] for row in rows}
    return [
        {"data_set": name, "to": model, "ratio": error[name, "GetNet"] / max(value, 1e-9)}
        for (name, model), value in error.items()
        if model != "GetNet"
    ]


def export_both(folder):
    """Exports a run as float32 and int8: dict of paths."""
    paths = {"float32": folder / "float.tflite", "int8-qat": folder / "model.tflite"}
    for variant, path in paths.items():
        if not path.is_file():
            command = [sys.executable, "export/to_tflite.py", str(folder), "--out", str(path)]
            command += ["--variant", variant]
            subprocess.run(command, check=True, stdout=sys.stderr, cwd=pathlib.Path(__file__).parents[1])
    return paths


def time_per_image_ms(path, images):
    """Median milliseconds of finding the digit in a camera's picture, with one thread."""
    model = bench.open_model(path)
    times = []
    for image in (*images[:20], *images):  # the first warm it up
        frame = np.round(np.repeat(image, 3, axis=-1) * 255).astype(np.uint8)
        begun = time.perf_counter()
        model.find(frame)
        times.append(time.perf_counter() - begun)
    return 1000 * float(np.median(times[20:]))


def export_rows(folder, parity_images, limit=None):
    """The table of the exported files: size, time, scores; and the parity of the int8 file."""
    from getnet_tf.data import digits
    from getnet_tf.data.pairs import DigitPairs

    config = read_card(folder).config.data
    pairs = DigitPairs(digits.load(config.source, config.seed)["test"], config, TEST_SEED)
    images = np.concatenate([batch["image0"] for batch in pairs.once(parity_images)])
    rows = []
    for name, path in export_both(folder).items():
        scores, _, _ = evaluate(path, config, limit=limit)
        row = {
            "file": name,
            "kilobytes": path.stat().st_size / 1e3,
            "ms_per_image": time_per_image_ms(path, images),
        }
        rows.append({**row, **{key: scores[key] for key in ("pair_accuracy", "mean_iou", "pairs")}})
    return rows


def parity_of(folder, images):
    """Fake-quantized Keras against the int8 file, as a separate export reports it: a `parity.Agreement` as a dict."""
    report = folder / "parity.json"
    if not report.is_file():
        command = [sys.executable, "export/to_tflite.py", str(folder), "--out", str(folder / "model.tflite")]
        command += ["--parity-images", str(images), "--report", str(report)]
        subprocess.run(command, check=True, stdout=sys.stderr, cwd=pathlib.Path(__file__).parents[1])
    return json.loads(report.read_text())["fake_file"]


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "Keras's mnist.npz", metavar="FILE.npz")
    parser.add_argument(
        "--runs",
        type=pathlib.Path,
        default=pathlib.Path("runs/digits"),
        metavar="DIR",
        help="of the trainings",
    )
    jobs = os.cpu_count() or 1
    bench.add_count(parser, jobs, "trainings at a time, one thread each", "--jobs")
    bench.add_count(parser, None, "test pairs; default: one of either label for every test digit", "--pairs")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="the table's shape in 20 minutes on 2 idle cores; use a --runs of its own",
    )


def measure(options):
    """Trains, exports, evaluates."""
    options.runs.mkdir(parents=True, exist_ok=True)
    budget = QUICK if options.quick else Budget()
    with contextlib.closing(Trainings(options.data, options.runs, options.jobs)) as trainings:
        searches = {
            model: trainings.search(model, budget.search, *network) for model, network in NETWORKS.items()
        }
        rates = {model: validation_accuracies(search) for model, search in searches.items()}
        best = {
            model: ("--learning-rate", max(found, key=found.get), *NETWORKS[model])
            for model, found in rates.items()
        }
        started = start_main(trainings, budget, best)
        ablation = start_ablation(trainings, budget, best)
        rows = [row_of(run.result(), *key, options.pairs) for key, run in started.items()]
        ablation_rows = [
            {**row_of(run.result(), "noise", "GetNet", options.pairs), "seed": seed} for seed, run in ablation
        ]
        main_folder = options.runs / "noise-getnet"
        return {
            "rows": rows,
            "error_ratios": error_ratios(rows),
            "ablation": ablation_rows,
            "parity": parity_of(main_folder, budget.parity_images),
            "files": export_rows(main_folder, budget.parity_images, options.pairs),
            "learning_rates": rates,
        }


def start_main(trainings, budget, best):
    """Every network on every data set: dict (data set, network) -> future of the run's folder."""
    data_sets = {
        "noise": (budget.long, ()),
        "noise 0.6": (budget.short, ("--noise", 0.6)),
        "cluttered": (budget.short, ("--variant", "cluttered")),
        "scaled": (budget.short, ("--variant", "scaled")),
    }
    started = {}
    for name, (pairs, variant) in data_sets.items():
        for model in NETWORKS if name != "scaled" else ("GetNet",):
            own = model == "GetNet" and name in AREA_WEIGHTS
            prior = ("--area-weight", AREA_WEIGHTS[name]) if own else ()
            started[name, model] = trainings.start(slug(name, model), pairs, *variant, *prior, *best[model])
    return started


def start_ablation(trainings, budget, best):
    """Both schedules from every seed: list of (seed, future of the run's folder)."""
    started = []
    for seed in SEEDS:
        for schedule in ("alternate", "end-to-end"):
            how = ("--seed", seed, "--schedule", schedule, *best["GetNet"])
            started.append((seed, trainings.start(f"ablation-{schedule}-{seed}", budget.ablation, *how)))
    return started


def markdown(result):
    """The four tables, and the rest in words."""
    parity = result["parity"]
    return "\n\n".join(
        [
            bench.table(result["rows"], MAIN),
            bench.table(result["error_ratios"], RATIOS),
            bench.table(result["ablation"], ABLATION),
            bench.table(result["files"], FILES),
            f"Fake-quantized Keras against the int8 file, {parity['images']} test images: theta p99 "
            f"{parity['theta_p99']:.4f}, embedding cosine p1 {parity['cosine_p1']:.5f}",
            f"Validation accuracy by learning rate: {result['learning_rates']}",
        ]
    )


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
