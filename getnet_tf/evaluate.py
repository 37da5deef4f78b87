"""Evaluates a checkpoint or a `.tflite` on pairs of pictures it has not seen.

    python -m getnet_tf.evaluate --model runs/first --figures report/
    python -m getnet_tf.evaluate --model model.tflite --data digits --variant noise --json scores.json
    python -m getnet_tf.evaluate --model runs/first --baseline runs/siamese --figures report/
    python -m getnet_tf.evaluate --model runs/photos --data my_photos/

Prints a Markdown table: accuracy at the threshold stored in the model, and how well its target areas fit the known
boxes. With `--figures` also pictures: pairs with their target areas, where the baseline fails and GetNet does not,
failures, ROC, distances, and how the boxes moved over training.
"""

import argparse
import dataclasses
import json
import pathlib
import sys

import numpy as np

from getnet_tf import metrics
from getnet_tf.card import read_card
from getnet_tf.choices import SPLITS, VARIANTS
from getnet_tf.config import DataConfig
from getnet_tf.data import source
from getnet_tf.errors import InputError, report_errors
from getnet_tf.predictor import open_model, predict_pairs
from getnet_tf.run_folder import WATCHED_PAIRS, read_boxes, read_log, validation_pairs, write_text

TEST_SEED = 7  # draws the test pairs


def measure(predictions, threshold, config):
    """Everything that one model's predictions say.

    Args:
        predictions: `Predictions`.
        threshold: float, "same" if the distance is at most this.
        config: has `theta_kind` and `image_hw`.

    Returns:
        dict of flat keys, fractions in 0...1, None where unknowable: `pair_accuracy`, its 95 % interval
        `pair_accuracy_low`, `pair_accuracy_high`, `roc_auc`, `eer`, `threshold`, `pairs`; `mean_iou`, `corloc`;
        `mean_iou_ceiling`, the best that the kind of theta can do; `mean_iou_constant`, the best constant box size at
        the predicted centre, chosen with the true boxes, and `constant_size_px` (w, h).
    """
    label, distance, image_hw = predictions.label, predictions.distance, config.image_hw
    accuracy, count = metrics.pair_accuracy(label, distance, threshold), len(label)
    low, high = metrics.wilson_interval(round(accuracy * count), count)
    scores = {
        "pair_accuracy": accuracy,
        "pair_accuracy_low": low,
        "pair_accuracy_high": high,
        "roc_auc": metrics.roc_auc(label, distance),
        "eer": metrics.equal_error_rate(label, distance),
        "threshold": threshold,
        "pairs": count,
    }
    if predictions.boxes is None or predictions.true_boxes is None:
        unknown = ("mean_iou", "corloc", "mean_iou_ceiling", "mean_iou_constant", "constant_size_px")
        return {**scores, **dict.fromkeys(unknown)}
    boxes, true_boxes = predictions.boxes.reshape(-1, 4), predictions.true_boxes.reshape(-1, 4)
    ious = metrics.iou(boxes, true_boxes, image_hw)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    constant, size_wh = metrics.best_constant_size(centres, true_boxes, image_hw)
    return {
        **scores,
        "mean_iou": float(ious.mean()),
        "corloc": metrics.corloc(ious),
        "mean_iou_ceiling": ceiling(true_boxes, config.theta_kind, image_hw),
        "mean_iou_constant": constant,
        "constant_size_px": size_wh,
    }


def ceiling(true_boxes, kind, image_hw):
    """The mean IoU of the best area that a kind of theta can place on each true box (N, 4).

    Free sides reach 1. One scale for both axes keeps the image's aspect: around the box's centre the IoU is largest
    where the two areas are equal (set its derivative in s to 0). `translation` has a constant size.
    """
    if kind in ("box", "affine"):
        return 1.0
    centres, sizes = (true_boxes[:, :2] + true_boxes[:, 2:]) / 2, true_boxes[:, 2:] - true_boxes[:, :2]
    frame = np.array([image_hw[1], image_hw[0]], float)
    scale = np.ones(len(sizes)) if kind == "translation" else np.sqrt((sizes / frame).prod(axis=1))
    best = metrics.boxes_of_size(centres, scale[:, None] * frame)
    return float(metrics.iou(best, true_boxes, image_hw).mean())


def evaluate(model, data=None, split="test", limit=None, seed=TEST_SEED):
    """Evaluates one model file.

    Args:
        model: path of a checkpoint, its run folder, or a `.tflite`.
        data: `DataConfig`; None for the data the checkpoint was trained on (its held-out split).
        split: "train", "val" or "test".
        limit: number of pairs; None for one positive and one negative pair per picture.
        seed: draws the pairs, their places and their noise.

    Returns:
        (scores, predictions, pairs): dict as `measure` gives, plus `seed`; `Predictions`; the `Pairs` used.

    Raises:
        InputError or EdgeError: if the model or the data are not what they should be, or do not fit each other.
    """
    predictor, threshold, config = open_model(model)
    if data is None:
        if config is None:
            raise InputError("A .tflite does not know its data. Say --data digits (and --variant) or a file.")
        data = config.data
    own = (*predictor.config.image_hw, predictor.config.channels)
    given = source.image_shape(data, predictor.config.image_hw[0])
    if own != given:
        what = "photos" if source.is_photos(data.source) else "digits"
        raise InputError(
            f"{model} expects images of {_shape(own)}; these {what} are {_shape(given)}. Give another --model."
        )
    pairs = source.pairs_of(source.load(data)[split], data, predictor.config.image_hw, seed)
    predictions = predict_pairs(predictor, pairs.once(limit))
    return {**measure(predictions, threshold, predictor.config), "seed": seed}, predictions, pairs


def _shape(shape):
    height, width, channels = shape
    return f"{height} x {width}, {'grey' if channels == 1 else 'RGB'}"


def markdown(rows):
    """Scores as a Markdown table; `rows` is a dict name -> scores."""

    def percent(value):
        return "-" if value is None else f"{100 * value:.2f}"

    def number(value):
        return "-" if value is None else f"{value:.3f}"

    lines = [
        "| model | pair accuracy % (95 %) | ROC-AUC | EER % | mean IoU | CorLoc@0.5 | IoU ceiling | "
        "best constant size | pairs |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, s in rows.items():
        interval = f"{percent(s['pair_accuracy_low'])}-{percent(s['pair_accuracy_high'])}"
        cells = [name, f"{percent(s['pair_accuracy'])} ({interval})", number(s["roc_auc"]), percent(s["eer"])]
        cells += [number(s[key]) for key in ("mean_iou", "corloc", "mean_iou_ceiling", "mean_iou_constant")]
        lines.append("| " + " | ".join([*cells, str(s["pairs"])]) + " |")
    return "\n".join(lines)


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m getnet_tf.evaluate",
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--model", required=True, type=pathlib.Path, metavar="CHECKPOINT|FILE.tflite", help="what to evaluate"
    )
    add(
        "--baseline",
        type=pathlib.Path,
        metavar="CHECKPOINT",
        help="evaluate this beside it, on the same pairs",
    )
    add(
        "--data",
        metavar="digits|mnist|FILE.npz|FOLDER|tfds:NAME|PAIRS.csv",
        help="default: what the checkpoint was trained on",
    )
    add("--variant", choices=VARIANTS, help="how digits are hidden; default: as in training")
    add("--noise", type=float, help="grey level that the noise reaches; default: as in training")
    add("--split-by", choices=SPLITS, help="of photos: image, or class; default: as in training")
    add("--split", choices=("train", "val", "test"), default="test", help="which pictures")
    add("--pairs", type=int, help="how many; default: one positive and one negative for every picture")
    add("--seed", type=int, default=TEST_SEED, help="draws the pairs, places and noise")
    add("--json", type=pathlib.Path, metavar="FILE", help="write the scores here")
    add("--figures", type=pathlib.Path, metavar="DIR", help="write pictures here")
    return parser


def data_config(options):
    """The data that the options name, over that of the checkpoint; None for the checkpoint's own."""
    fields = {"source": "data", "variant": "variant", "noise": "noise", "split_by": "split_by"}
    named = {field: getattr(options, option) for field, option in fields.items()}
    named = {name: value for name, value in named.items() if value is not None}
    if not named:
        return None
    if options.model.suffix == ".tflite":
        return DataConfig(**named)
    return dataclasses.replace(read_card(options.model).config.data, **named)


def run(options):
    """Evaluates as the command line says."""
    if options.pairs is not None and options.pairs < 2:
        raise InputError(f"--pairs: expected at least 2, received {options.pairs}.")
    try:
        data = data_config(options)
    except ValueError as error:
        raise InputError(str(error)) from error
    scores, predictions, pairs = evaluate(options.model, data, options.split, options.pairs, options.seed)
    rows, result, baseline = {"model": scores}, dict(scores), None
    if options.baseline is not None:
        data = data or read_card(options.model).config.data
        rows["baseline"], baseline, _ = evaluate(
            options.baseline, data, options.split, options.pairs, options.seed
        )
        result["baseline"] = rows["baseline"]
    print(markdown(rows))
    if options.json:
        write_text(options.json, json.dumps(result, indent=1) + "\n")
    if options.figures:
        from getnet_tf import plots

        names = plots.save_report(options.figures, predictions, pairs, scores, baseline, rows.get("baseline"))
        names += save_training_figures(options.figures, options.model)
        print(f"figures: {', '.join(str(options.figures / name) for name in names)}")


def save_training_figures(folder, model):
    """Draws how the training of a checkpoint went, if its run's log lies beside it; returns the files' names."""
    from getnet_tf import plots

    folder_of_run = model if model.is_dir() else model.parent
    rows, moving = read_log(folder_of_run), read_boxes(folder_of_run)
    if model.suffix == ".tflite" or not rows:
        return []
    plots.training_curves(rows).savefig(folder / "training.png", dpi=120)
    if not moving:
        return ["training.png"]
    watched = validation_pairs(read_card(model).config).batch(0, WATCHED_PAIRS)["image0"]
    plots.moving_boxes(watched[: len(moving[-1]["boxes"])], moving).savefig(
        folder / "boxes_over_training.png", dpi=120
    )
    return ["training.png", "boxes_over_training.png"]


def main(argv=None):
    """The command line; returns the exit code."""
    return report_errors(run, build_parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
