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

import argparse
import concurrent.futures
import contextlib
import dataclasses
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from getnet_tf.card import read_card
from getnet_tf.errors import InputError, report_errors
from getnet_tf.evaluate import TEST_SEED, evaluate
from getnet_tf.evaluation import metrics
from getnet_tf.training.run_folder import write_text

LEARNING_RATES = (0.001, 0.002, 0.004)
SEEDS = (0, 1, 2)
NETWORKS = {
    "GetNet": (),
    "Siamese": ("--localiser", "none"),
    "Siamese, pooled": ("--localiser", "none", "--head", "average"),
}


# GetNet's scale prior, where the default of `AlternationConfig` is not the best on validation pairs: in clutter the target
# area must not close before the network knows a digit from a piece of one (96.5 % with the default, 98.4 % with this).
AREA_WEIGHTS = {"cluttered": 0.04}


@dataclasses.dataclass(frozen=True)
class Budget:
    """Labelled pairs of each training."""

    long: int = 300_000  # `noise` 0.3, every network
    short: int = 150_000  # the other data sets, every network
    search: int = 25_600
    ablation: int = 102_400
    parity_images: int = 2_000


QUICK = Budget(long=25_600, short=12_800, search=6_400, ablation=6_400, parity_images=200)


class Trainings:
    """Trains what a table needs, several at a time; finished runs are reused.

    Args:
        data: source of the digits.
        folder: of the runs.
        jobs: trainings at a time, one thread each.
    """

    def __init__(self, data, folder, jobs):
        self.data, self.folder = data, folder
        self.pool = concurrent.futures.ThreadPoolExecutor(jobs)

    def start(self, name, pairs, *options):
        """Starts `python -m getnet_tf.train` in the background; returns a future of the run's folder."""
        return self.pool.submit(self._train, name, ["--pairs", str(pairs), *map(str, options)])

    def _train(self, name, options):
        out = self.folder / name
        command = [
            sys.executable,
            "-m",
            "getnet_tf.train",
            "--data",
            self.data,
            "--out",
            str(out),
            "--resume",
        ]
        with open(self.folder / f"{name}.log", "a") as log:
            done = subprocess.run(
                [*command, "--threads", "1", *options], stdout=log, stderr=subprocess.STDOUT
            )
        if done.returncode:
            raise InputError(f"Training {name} failed; its log is {log.name}.")
        print(f"trained   {name}", file=sys.stderr, flush=True)
        return out

    def close(self):
        """Starts no more; without this a failure would be followed by hours of what is left in the queue."""
        self.pool.shutdown(cancel_futures=True)

    def search(self, model, pairs, *options):
        """Starts a training with every learning rate: dict of futures."""
        return {
            rate: self.start(slug("search", model, str(rate)), pairs, "--learning-rate", rate, *options)
            for rate in LEARNING_RATES
        }


def validation_accuracies(search):
    """Waits for the trainings of a `search`: dict of learning rate -> accuracy on validation pairs."""
    return {rate: read_card(run.result()).scores["val_pair_accuracy"] for rate, run in search.items()}


def slug(*names):
    """Names of data sets and networks in a folder: noise-0.6-siamese-pooled."""
    return "-".join(names).replace(",", "").replace(" ", "-").lower()


def row_of(folder, data_set, model, limit=None):
    """One row of the main table: the scores of a run on the test split, and where they come from."""
    scores, predictions, _ = evaluate(folder, limit=limit)
    card = read_card(folder)
    best = metrics.pair_accuracy(
        predictions.label,
        predictions.distance,
        metrics.best_threshold(predictions.label, predictions.distance),
    )
    about = {
        "data_set": data_set,
        "model": model,
        "schedule": card.config.train.schedule if card.config.model.localiser != "none" else "-",
        "learning_rate": card.config.train.learning_rate,
        "training_pairs": card.config.train.steps * card.config.train.batch,
        "training_minutes": round(card.seconds / 60, 1),
        "commit": card.commit,
    }
    return {**about, **scores, "pair_accuracy_best_threshold": best}


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
    """Median milliseconds of one `find` with one thread."""
    from edge_demo.model.matcher import Matcher

    matcher = Matcher(path, num_threads=1)
    for image in images[:20]:
        matcher.find_array(image)
    times = []
    for image in images:
        begun = time.perf_counter()
        matcher.find_array(image)
        times.append(time.perf_counter() - begun)
    return 1000 * float(np.median(times))


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
    """Fake-quantized Keras against the int8 file, as a separate export prints it: (theta p99, cosine p1)."""
    report = folder / "parity.json"
    if not report.is_file():
        command = [sys.executable, "export/to_tflite.py", str(folder), "--out", str(folder / "model.tflite")]
        command += ["--parity-images", str(images), "--report", str(report)]
        subprocess.run(command, check=True, stdout=sys.stderr, cwd=pathlib.Path(__file__).parents[1])
    return json.loads(report.read_text())


def table(rows, columns):
    """Rows (dicts) as Markdown; `columns` maps a heading to (key, format)."""

    def cell(row, key, form):
        value = row.get(key)
        return "-" if value is None else format(value, form)

    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(cell(row, *what) for what in columns.values()) + " |" for row in rows]
    return "\n".join(lines)


MAIN = {
    "data set": ("data_set", ""),
    "model": ("model", ""),
    "pair accuracy": ("pair_accuracy", ".2%"),
    "95 % from": ("pair_accuracy_low", ".2%"),
    "to": ("pair_accuracy_high", ".2%"),
    "best threshold": ("pair_accuracy_best_threshold", ".2%"),
    "ROC-AUC": ("roc_auc", ".4f"),
    "EER": ("eer", ".2%"),
    "mean IoU": ("mean_iou", ".3f"),
    "CorLoc@0.5": ("corloc", ".3f"),
    "best constant size": ("mean_iou_constant", ".3f"),
    "training pairs": ("training_pairs", ","),
    "minutes": ("training_minutes", ".1f"),
    "commit": ("commit", ""),
}
RATIOS = {
    "data set": ("data_set", ""),
    "error of GetNet / error of": ("to", ""),
    "ratio": ("ratio", ".2f"),
}
ABLATION = {
    "schedule": ("schedule", ""),
    "seed": ("seed", ""),
    "pair accuracy": ("pair_accuracy", ".2%"),
    "mean IoU": ("mean_iou", ".3f"),
    "CorLoc@0.5": ("corloc", ".3f"),
    "training pairs": ("training_pairs", ","),
    "minutes": ("training_minutes", ".1f"),
}
FILES = {
    "file": ("file", ""),
    "kB": ("kilobytes", ".0f"),
    "ms per image, one thread": ("ms_per_image", ".3f"),
    "pair accuracy": ("pair_accuracy", ".2%"),
    "mean IoU": ("mean_iou", ".3f"),
}


def run(options):
    """Trains, exports, evaluates, prints."""
    if not pathlib.Path(options.data).is_file():
        raise InputError(f"No such data: {options.data}. Expected Keras's mnist.npz.")
    options.runs.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(Trainings(options.data, options.runs, options.jobs)) as trainings:
        _run(options, trainings, QUICK if options.quick else Budget())


def _run(options, trainings, budget):
    searches = {
        model: trainings.search(model, budget.search, *network) for model, network in NETWORKS.items()
    }
    rates = {model: validation_accuracies(search) for model, search in searches.items()}
    best = {
        model: ("--learning-rate", max(found, key=found.get), *NETWORKS[model])
        for model, found in rates.items()
    }
    data_sets = {
        "noise": (budget.long, ()),
        "noise 0.6": (budget.short, ("--noise", 0.6)),
        "cluttered": (budget.short, ("--variant", "cluttered")),
        "scaled": (budget.short, ("--variant", "scaled")),
    }
    started = {}
    for name, (pairs, variant) in data_sets.items():
        for model in NETWORKS if name != "scaled" else ("GetNet",):
            prior = (
                ("--area-weight", AREA_WEIGHTS[name]) if model == "GetNet" and name in AREA_WEIGHTS else ()
            )
            started[name, model] = trainings.start(slug(name, model), pairs, *variant, *prior, *best[model])
    ablation = []
    for seed in SEEDS:
        for schedule in ("alternate", "end-to-end"):
            how = ("--seed", seed, "--schedule", schedule, *best["GetNet"])
            ablation.append((seed, trainings.start(f"ablation-{schedule}-{seed}", budget.ablation, *how)))

    rows = [row_of(run.result(), *key, options.pairs) for key, run in started.items()]
    ratios = error_ratios(rows)
    ablation_rows = [
        {**row_of(f.result(), "noise", "GetNet", options.pairs), "seed": seed} for seed, f in ablation
    ]
    main_folder = options.runs / "noise-getnet"
    parity = parity_of(main_folder, budget.parity_images)
    file_rows = export_rows(main_folder, budget.parity_images, options.pairs)

    print(
        f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {options.jobs} trainings at a time\n"
    )
    print(table(rows, MAIN), end="\n\n")
    print(table(ratios, RATIOS), end="\n\n")
    print(table(ablation_rows, ABLATION), end="\n\n")
    print(table(file_rows, FILES), end="\n\n")
    print(
        f"Fake-quantized Keras against the int8 file, {parity['images']} test images: theta p99 "
        f"{parity['theta_p99']:.4f}, embedding cosine p1 {parity['cosine_p1']:.5f}\n\n"
        f"Validation accuracy by learning rate: {rates}"
    )
    if options.json:
        result = {
            "rows": rows,
            "error_ratios": ratios,
            "ablation": ablation_rows,
            "files": file_rows,
            "parity": parity,
        }
        write_text(options.json, json.dumps({**result, "learning_rates": rates}, indent=1) + "\n")


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, metavar="FILE.npz", help="Keras's mnist.npz")
    add("--runs", type=pathlib.Path, default=pathlib.Path("runs/digits"), help="folder of the trainings")
    add("--jobs", type=int, default=os.cpu_count() or 1, help="trainings at a time, one thread each")
    add("--pairs", type=int, help="test pairs; default: one positive and one negative for every test digit")
    add(
        "--quick",
        action="store_true",
        help="the table's shape in 20 minutes on 2 idle cores; use a --runs of its own",
    )
    add("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
