"""Which variant for which device: exports a checkpoint in every form and measures all of them in one run.

    python export/benchmark.py runs/first --out variants            # digits 10 minutes, photos longer; files are reused
    python export/benchmark.py runs/first --out variants --variants float32 int8-qat --pairs 2000

Writes DIR/benchmark.md, benchmark.json and benchmark.png beside the files. Milliseconds are medians of many warm `find`s of
this machine, the files taking turns, so that what else it does falls on all alike. Memory is the peak of a process that only
runs the file. Accuracy is that of each file's own threshold on test pairs; differences to float32 are paired, with 95 %
intervals. Beside them: the bare backbone over the same image, and ORB and SIFT with RANSAC on the same pictures.
"""

import argparse
import dataclasses
import json
import pathlib
import subprocess
import sys
import time

import numpy as np

from export.rivals import RIVALS
from export.variant import VARIANTS
from getnet_tf.console import start_tensorflow
from getnet_tf.errors import InputError, report_errors
from getnet_tf.evaluation import metrics
from getnet_tf.training.run_folder import write_text

ROUNDS, TURNS = 30, 4  # times that the files take turns, and calls of each turn
GIVEN_UP = 0.005  # of pair accuracy, for which the recommendation does not take a slower file
RIVAL_PAIRS = 300
PEAK = """
import sys
from edge_demo.model.matcher import Matcher
import numpy as np
matcher = Matcher(sys.argv[1])
frame = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
reference = matcher.describe(frame, "any")
for _ in range(5):
    matcher.match(frame, [reference])
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def exported(checkpoint, folder, names, **options):
    """Files of the variants in a folder, those that are missing or older than the checkpoint made anew: dict of paths.

    `options` go to `to_tflite.export`.
    """
    from export import to_tflite

    paths = {name: folder / f"{name}.tflite" for name in names}
    for name, path in paths.items():
        if is_stale(path, checkpoint):
            to_tflite.export(checkpoint, path, name, **options)
    return paths


def is_stale(path, checkpoint):
    """Whether a file is missing or older than its checkpoint (a `.keras` file or a run folder)."""
    source = checkpoint / "model.keras" if checkpoint.is_dir() else checkpoint
    return not path.is_file() or path.stat().st_mtime < source.stat().st_mtime


def call_of(path, image, reference):
    """A function that runs `find` once, with one or more threads: threads -> function."""
    from ai_edge_litert.interpreter import Interpreter

    from edge_demo.model.matcher import Matcher
    from getnet_tf.data.picture import frame_of

    def with_threads(threads):
        if path.name.startswith("bare"):
            find = Interpreter(model_path=str(path), num_threads=threads).get_signature_runner("find")
            return lambda: find(image=image[None])
        matcher = Matcher(path, threads)
        shown = None if reference is None else matcher.reference_of(reference)
        if shown is None:
            return lambda: matcher.find_array(image)
        frame = frame_of(image)
        return lambda: matcher.find(frame, shown)

    return with_threads


def milliseconds(calls):
    """Median time of each function, all taking turns: dict name -> ms."""
    times = {name: [] for name in calls}
    for number in range(ROUNDS + 2):
        for name, call in calls.items():
            for _ in range(TURNS):
                begun = time.perf_counter()
                call()
                if number >= 2:  # warm
                    times[name].append(time.perf_counter() - begun)
    return {name: 1000 * float(np.median(values)) for name, values in times.items()}


def peak_megabytes(path):
    """Peak memory of a process that loads a file and matches some frames, Python and OpenCV included; None off Linux."""
    done = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True)
    return int(done.stdout) / 1024 if done.returncode == 0 else None


def predictions_of(path, pairs, count):
    """`Predictions` of a file on `count` pairs."""
    from getnet_tf.evaluation.predictor import TFLitePredictor, predict_pairs

    predictor = TFLitePredictor(path)
    return predict_pairs(predictor, pairs.once(count)), predictor.matcher.metadata


def row_of(predictions, fields):
    """What a file can: dict, and per pair what paired differences need."""
    right = (predictions.distance <= fields.threshold) == (predictions.label == 1)
    overlap = None
    if predictions.true_boxes is not None and predictions.boxes is not None:
        overlap = np.mean(metrics.iou(predictions.boxes, predictions.true_boxes, fields.image_hw), axis=0)
    return {
        "pair_accuracy": float(right.mean()),
        "auc": metrics.roc_auc(predictions.label, predictions.distance),
        "mean_iou": None if overlap is None else float(overlap.mean()),
        "pairs": len(right),
    }, (right.astype(float), overlap, predictions.boxes)


def paired(values0, values1):
    """Mean of values0 - values1, and the ends of its 95 % interval."""
    difference = values0 - values1
    mean, spread = float(difference.mean()), 1.96 * float(difference.std(ddof=1)) / len(difference) ** 0.5
    return {"difference": mean, "low": mean - spread, "high": mean + spread}


def rival_row(rival, pairs, count):
    """ORB or SIFT on pairs: image0 is searched for what image1 shows; the threshold is the best for these very pairs."""
    label, distance, overlap, times = [], [], [], []
    for batch in pairs.once(min(count, RIVAL_PAIRS)):
        images = [np.round(np.asarray(batch[name]) * 255).astype(np.uint8) for name in ("image0", "image1")]
        for number, (frame, reference) in enumerate(zip(*images, strict=True)):
            begun = time.perf_counter()
            agree, box = rival.find(frame, reference)
            times.append(time.perf_counter() - begun)
            label.append(batch["label"][number])
            distance.append(-agree)
            if "box0" in batch and batch["label"][number] == 1:
                found = np.zeros(4) if box is None else box
                true = batch["box0"][number]
                overlap.append(metrics.iou(found[None], true[None], frame.shape[:2])[0])
    label, distance = np.array(label), np.array(distance, float)
    return {
        "pair_accuracy": metrics.pair_accuracy(label, distance, metrics.best_threshold(label, distance)),
        "auc": metrics.roc_auc(label, distance),
        "mean_iou": float(np.mean(overlap)) if overlap else None,
        "ms": 1000 * float(np.median(times)),
        "pairs": len(label),
    }


def recommended(rows):
    """The name of the fastest variant that gives up hardly any accuracy; of equally fast ones (to 2 %) the smaller."""
    best = max(row["pair_accuracy"] for row in rows.values())
    good = {name: row for name, row in rows.items() if row["pair_accuracy"] >= best - GIVEN_UP}
    fastest = min(row["ms_1"] for row in good.values())
    return min(
        (name for name, row in good.items() if row["ms_1"] <= 1.02 * fastest),
        key=lambda n: good[n]["kilobytes"],
    )


COLUMNS = {
    "kilobytes": ("kB", "{:,.0f}"),
    "ms_1": ("ms, one thread", "{:.2f}"),
    "ms_2": ("two threads", "{:.2f}"),
    "megabytes": ("peak MB", "{:.0f}"),
    "pair_accuracy": ("pair accuracy", "{:.2%}"),
    "auc": ("AUC", "{:.4f}"),
    "mean_iou": ("mean IoU", "{:.3f}"),
    "box_agreement": ("IoU with float32's boxes", "{:.3f}"),
    "pieces": ("delegate pieces", "{}"),
}


def table(rows):
    """All rows as Markdown."""
    lines = [f"| | {' | '.join(title for title, _ in COLUMNS.values())} |", "|---" * (len(COLUMNS) + 1) + "|"]
    for name, row in rows.items():
        cells = ["-" if row.get(key) is None else form.format(row[key]) for key, (_, form) in COLUMNS.items()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def figure(rows, rivals):
    """Accuracy, time and size of all files, and of the rivals what they have of it, as bars."""
    from matplotlib.figure import Figure

    from getnet_tf.evaluation.plots import BLUE, GREY

    names = [*rows, *rivals]
    every = [*rows.values(), *({**row, "ms_1": row["ms"], "kilobytes": None} for row in rivals.values())]
    shown = {
        "pair accuracy, %": [100 * row["pair_accuracy"] for row in every],
        "ms a frame, one thread": [row["ms_1"] for row in every],
        "kB": [row["kilobytes"] for row in every],
    }
    drawn = Figure(figsize=(9, 0.4 * len(names) + 1), layout="constrained")
    for axis, (title, values) in zip(drawn.subplots(1, 3, sharey=True), shown.items(), strict=True):
        colours = [BLUE] * len(rows) + [GREY] * len(rivals)
        bars = axis.barh(names, [value or 0 for value in values], color=colours)
        axis.bar_label(bars, ["" if value is None else f"{value:,.4g}" for value in values], padding=3)
        axis.set_title(title, loc="left")
        axis.set_xticks([])
        axis.margins(x=0.25)
    axis.invert_yaxis()
    return drawn


def measure(checkpoint, folder, names, count, data=None, splits=None):
    """All numbers of the variants `names`, on `count` test pairs at most.

    Args:
        checkpoint, folder: paths; the files are written into `folder`.
        data, splits: as of `to_tflite.export`.

    Returns:
        dict "variants", "bare", "rivals", "paired", "recommended".
    """
    start_tensorflow()
    from export import delegate
    from export.bare_backbone import bare_backbone
    from getnet_tf import checkpoint as checkpoints
    from getnet_tf.data import source
    from getnet_tf.data.picture import with_references
    from getnet_tf.data.source import pairs_of

    paths = exported(checkpoint, folder, names, data=data, splits=splits)
    network, card = checkpoints.load(checkpoint)
    config, image_hw = card.config.data, network.config.image_hw
    config = config if data is None else dataclasses.replace(config, source=data)
    splits = splits or source.load(config)
    pairs = pairs_of(splits["test"], config, image_hw, 7)
    settling = pairs_of(splits["train"], config, image_hw, 8)

    for name in ("float32", "int8-ptq"):
        path = folder / f"bare-{name}.tflite"
        if is_stale(path, checkpoint):
            content = bare_backbone(
                network, VARIANTS[name], lambda n: settling.dataset(0, n, 8).as_numpy_iterator()
            )
            path.write_bytes(content)
        paths[f"bare {name}"] = path

    batch = with_references(next(pairs.once(1)), network.config)
    reference = batch["reference1"][0] if "reference1" in batch else None
    makers = {name: call_of(path, batch["image0"][0], reference) for name, path in paths.items()}
    speed = {
        threads: milliseconds({name: make(threads) for name, make in makers.items()}) for threads in (1, 2)
    }

    rows, details = {}, {}
    for name, path in paths.items():
        rows[name] = {"kilobytes": path.stat().st_size / 1e3, "ms_1": speed[1][name], "ms_2": speed[2][name]}
        if name in names:
            found, details[name] = row_of(*predictions_of(path, pairs, count))
            pieces = delegate.partitions(path.read_bytes())
            rows[name] |= found | {
                "megabytes": peak_megabytes(path),
                "pieces": pieces.get("find", pieces.get("see")),
            }
            print(f"measured    {name}", flush=True)
    differences = {}
    if "float32" in names:
        for name in names:
            right, overlap, boxes = details[name]
            right0, overlap0, boxes0 = details["float32"]
            if boxes is not None:
                rows[name]["box_agreement"] = float(
                    metrics.iou(boxes.reshape(-1, 4), boxes0.reshape(-1, 4), image_hw).mean()
                )
            differences[f"{name} - float32"] = {
                "pair_accuracy": paired(right, right0),
                "mean_iou": None if overlap is None else paired(overlap, overlap0),
            }
    if {"int8-ptq", "int8-qat"} <= set(names):
        (right, overlap, _), (right0, overlap0, _) = details["int8-qat"], details["int8-ptq"]
        differences["int8-qat - int8-ptq"] = {
            "pair_accuracy": paired(right, right0),
            "mean_iou": None if overlap is None else paired(overlap, overlap0),
        }
    rivals = {f"{rival.name}-2000 with RANSAC": rival_row(rival, pairs, count) for rival in RIVALS}
    own = {name: rows[name] for name in names}
    return {
        "variants": own,
        "bare": {name: row for name, row in rows.items() if name not in names},
        "rivals": rivals,
        "paired": differences,
        "recommended": recommended(own),
    }


def report(found):
    """The measurements as Markdown."""
    lines = [table(found["variants"] | found["bare"]), ""]
    for name, row in found["rivals"].items():
        box = "" if row["mean_iou"] is None else f", mean IoU {row['mean_iou']:.3f}"
        lines.append(
            f"{name}: {row['ms']:.1f} ms, {row['pair_accuracy']:.1%} at the best threshold{box} ({row['pairs']} pairs)"
        )
    lines.append("")
    for name, row in found["paired"].items():
        parts = [
            f"{what.replace('_', ' ')} {100 * v['difference']:+.2f} [{100 * v['low']:+.2f}, {100 * v['high']:+.2f}] points"
            for what, v in row.items()
            if v is not None
        ]
        lines.append(f"{name}: {', '.join(parts)}")
    own, bare = found["variants"], found["bare"]
    for name in ("int8-ptq", "int8-qat"):
        if name in own and "float32" in own:
            gain = own["float32"]["ms_1"] / own[name]["ms_1"]
            bare_gain = bare["bare float32"]["ms_1"] / bare["bare int8-ptq"]["ms_1"]
            lines.append(
                f"{name}: {gain:.2f} times as fast as float32 (the bare backbone: {bare_gain:.2f} times), "
                f"{own[name]['kilobytes'] / own['float32']['kilobytes']:.3f} of its size, "
                f"{own[name]['ms_1'] / bare['bare int8-ptq']['ms_1']:.2f} times the bare backbone's time"
            )
    lines += ["", f"Take {found['recommended']}.tflite: the fastest that gives up at most {GIVEN_UP:.1%}."]
    return "\n".join(lines) + "\n"


def run(options):
    """Measures, prints, writes."""
    if not options.checkpoint.exists():
        raise InputError(
            f"No such checkpoint: {options.checkpoint}. Expected model.keras or the run folder that holds it."
        )
    options.out.mkdir(parents=True, exist_ok=True)
    save(measure(options.checkpoint, options.out, options.variants, options.pairs, options.data), options.out)


def save(found, folder):
    """Prints the measurements and writes them into a folder, as Markdown, JSON and a figure."""
    text = report(found)
    print(f"\n{text}")
    write_text(folder / "benchmark.md", text)
    write_text(folder / "benchmark.json", json.dumps(found, indent=1) + "\n")
    figure(found["variants"], found["rivals"]).savefig(folder / "benchmark.png", dpi=150)


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python export/benchmark.py",
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("checkpoint", type=pathlib.Path, help="model.keras, or the run folder that holds it")
    add("--out", type=pathlib.Path, required=True, metavar="DIR", help="of the files and the report")
    add("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS), help="to compare")
    add("--data", metavar="SOURCE", help="instead of the data the checkpoint was trained on")
    add("--pairs", type=int, default=10_000, help="test pairs, at most")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
