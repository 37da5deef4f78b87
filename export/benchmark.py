"""Which variant for which device: exports a checkpoint in every form and measures all of them in one run.

    python export/benchmark.py runs/first --out variants            # digits 10 minutes, photos longer; files are reused
    python export/benchmark.py runs/first --out variants --variants float32 int8-qat --pairs 2000

Writes DIR/benchmark.md, benchmark.json and benchmark.png beside the files. Milliseconds are medians of many warm searches of
one frame, as the demo runs them, the files taking turns, so that what else the machine does falls on all alike. Memory is the
peak of a process that only runs the file. Accuracy is that of each file's own threshold on test pairs; differences to float32
are paired, with 95 % intervals. Beside them: what LiteRT's own quantizer makes of the float file, where pictures alone settle
its ranges, the bare backbone over the same image, and ORB and SIFT with RANSAC on the same pictures.
"""

import argparse
import importlib.util
import json
import pathlib
import sys

import numpy as np

from edge_demo.bounds import positive
from edge_demo.manual import Manual
from edge_demo.whole_file import write_whole
from export.apart import apart
from export.comparison import figure, recommended, report
from export.cost import cost_of, kilobytes, speeds
from export.plan import sensible_variants
from export.rivals import RIVALS, rival_row
from export.variant import VARIANTS
from getnet_tf.console import start_tensorflow
from getnet_tf.errors import InputError, how_to_install, report_errors
from getnet_tf.evaluation import metrics, plots
from getnet_tf.training.run_folder import write_text

PARITY_FRAMES = 100  # on which theta and embedding of each file are held against those of float32
SETTLING_FRAMES, SETTLING_SEED = 200, 8  # training pictures that settle the ranges of files which others make


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


def measure(checkpoint, folder, names, count, data=None, splits=None):
    """All numbers of the variants `names`, on `count` test pairs at most.

    Args:
        checkpoint, folder: paths; the files are written into `folder`.
        names: in `VARIANTS`; None: all that the checkpoint is exported to without further settings.
        data, splits: as of `to_tflite.export`.

    Returns:
        dict "variants", "others", "bare", "rivals", "paired", "recommended".
    """
    start_tensorflow()
    from export.loaded import TEST_SEED, held_out_of, load

    paths = exported(checkpoint, folder, names or sensible_variants(checkpoint), data=data, splits=splits)
    loaded = load(checkpoint, data, splits)
    others, bare = ready_made_file(loaded, checkpoint, paths), bare_files(loaded, checkpoint, folder)
    held_out, pairs = held_out_of(loaded, PARITY_FRAMES), loaded.pairs("test", TEST_SEED)
    speed = speeds({**paths, **others, **bare}, held_out)
    rows, answers = {}, {}
    for name, path in {**paths, **others}.items():
        found, answers[name] = row_of(*predictions_of(path, pairs, count))
        rows[name] = cost_of(path) | speed[name] | found
        print(f"measured    {name}", flush=True)
    if "float32" in paths:
        for name, row in rows.items():
            row |= nearness(answers[name], answers["float32"], loaded.network.config.image_hw)
            row |= parity_of(paths["float32"], {**paths, **others}[name], held_out)
    own = {name: rows[name] for name in paths}
    return {
        "variants": own,
        "others": {name: rows[name] for name in others},
        "bare": {name: {"kilobytes": kilobytes(path)} | speed[name] for name, path in bare.items()},
        "rivals": {f"{rival.name}-2000 with RANSAC": rival_row(rival, pairs, count) for rival in RIVALS},
        "paired": differences(answers),
        "recommended": recommended(own),
    }


def ready_made_file(loaded, checkpoint, paths):
    """What LiteRT's own quantizer makes of the float file: dict of its path, or of none where it cannot be made."""
    if importlib.util.find_spec("litert_quantizer") is None:
        print(f"left out    litert-quantizer, which is not installed. {how_to_install('dev')}", flush=True)
        return {}
    from edge_demo.model.matcher import Matcher
    from export import ready_made
    from export.exporter import write
    from export.loaded import frames_of

    if "float32" not in paths or not ready_made.is_possible(paths["float32"].read_bytes()):
        return {}
    name = ready_made.READY_MADE.name
    path = paths["float32"].with_name(f"{name}.tflite")
    if is_stale(path, checkpoint):
        matcher = Matcher(paths["float32"])
        frames = frames_of(next(loaded.pairs("train", SETTLING_SEED).once(SETTLING_FRAMES))["image0"])
        content = ready_made.ready_made(paths["float32"].read_bytes(), matcher, frames)
        with apart(path) as partial:
            write(partial, content, loaded, ready_made.READY_MADE)
    return {name: path}


def bare_files(loaded, checkpoint, folder):
    """The backbone alone, in float and in int8: dict of paths."""
    from export.bare_backbone import bare_backbone

    settling, paths = loaded.pairs("train", SETTLING_SEED), {}

    def batches(count):
        return settling.dataset(0, count, 8).as_numpy_iterator()

    for name in ("float32", "int8-ptq"):
        path = paths[f"bare {name}"] = folder / f"bare-{name}.tflite"
        if is_stale(path, checkpoint):
            write_whole(path, bare_backbone(loaded.network, VARIANTS[name], batches))
    return paths


def parity_of(path0, path1, held_out):
    """How far theta and embedding of two files are from each other on the demo's path, means."""
    from edge_demo.model.matcher import Matcher
    from export import parity

    pictures = held_out.frames_bgr_u8, held_out.shown_bgr_u8
    matchers = [Matcher(path, num_threads=2) for path in (path0, path1)]
    agreement = parity.agreement(*(parity.run_matcher(matcher, *pictures) for matcher in matchers))
    return {"theta_off": agreement.theta_mean, "cosine": agreement.cosine_mean}


def nearness(answers, answers0, image_hw):
    """How two files' boxes overlap."""
    (_, _, boxes), (_, _, boxes0) = answers, answers0
    if boxes is None:
        return {}
    return {"box_agreement": float(metrics.iou(boxes.reshape(-1, 4), boxes0.reshape(-1, 4), image_hw).mean())}


def differences(answers):
    """Paired differences of all files to float32, and of int8-ptq to what else is made without fine-tuning or with."""
    against = [(name, "float32") for name in answers if name != "float32"]
    against += [("int8-qat", "int8-ptq"), ("litert-quantizer", "int8-ptq")]
    found = {}
    for name, other in against:
        if name in answers and other in answers:
            (right, overlap, _), (right0, overlap0, _) = answers[name], answers[other]
            found[f"{name} - {other}"] = {
                "pair_accuracy": paired(right, right0),
                "mean_iou": None if overlap is None else paired(overlap, overlap0),
            }
    return found


def run(options):
    """Measures, prints, writes."""
    if not options.checkpoint.exists():
        raise InputError(
            f"No such checkpoint: {options.checkpoint}. Expected model.keras or the run folder that holds it."
        )
    options.out.mkdir(parents=True, exist_ok=True)
    names = getattr(options, "variants", None)
    save(measure(options.checkpoint, options.out, names, options.pairs, options.data), options.out)


def save(found, folder):
    """Prints the measurements and writes them into a folder, as Markdown, JSON and a figure."""
    text = report(found)
    print(f"\n{text}")
    write_text(folder / "benchmark.md", text)
    write_text(folder / "benchmark.json", json.dumps(found, indent=1) + "\n")
    plots.save(
        figure(found["variants"] | found["others"], found["rivals"]), folder / "benchmark.png", dpi=150
    )


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python export/benchmark.py",
        description=__doc__.splitlines()[0],
        formatter_class=Manual,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("checkpoint", type=pathlib.Path, help="model.keras, or the run folder that holds it")
    add("--out", type=pathlib.Path, required=True, metavar="DIR", help="of the files and the report")
    add(
        "--variants",
        nargs="+",
        choices=VARIANTS,
        default=argparse.SUPPRESS,
        help="to compare (default: all that need no further settings)",
    )
    add("--data", metavar="SOURCE", help="instead of the data the checkpoint was trained on")
    add("--pairs", type=positive, default=10_000, help="test pairs, at most")
    return report_errors(lambda: run(parser.parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
