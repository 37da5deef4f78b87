"""Evaluates a checkpoint or a `.tflite` on pairs of pictures it has not seen.

    python -m getnet_tf.evaluate --model runs/first --figures figures/
    python -m getnet_tf.evaluate --model model.tflite --data digits --variant noise --json scores.json
    python -m getnet_tf.evaluate --model runs/first --baseline runs/siamese --report report.html
    python -m getnet_tf.evaluate --model runs/photos --data my_photos/ --report report.html

Prints a Markdown table with 95 % intervals: how well pairs are told apart, at the threshold stored in the model and at
the best one; how well pictures find their class; how well target areas fit the known boxes. Which pictures: of what the
model was trained on, and of digits, the test split; of any other photos, all (`--split` says otherwise). With
`--report` one HTML file to look at, pairs and their target areas in it; with `--figures` pictures: pairs, where the
baseline fails and GetNet does not, failures, ROC, distances, and how the boxes moved over training.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import shlex
import sys

import numpy as np

from edge_demo.bounds import seed
from edge_demo.manual import Manual
from edge_demo.model.metadata import read as read_metadata
from edge_demo.output_file import OutputFile
from getnet_tf.card import read_card
from getnet_tf.choices import DIGIT_VARIANTS, SPLITS
from getnet_tf.config import DataConfig
from getnet_tf.console import say
from getnet_tf.data import source
from getnet_tf.data.seen import split_by_seen
from getnet_tf.errors import InputError, report_errors
from getnet_tf.evaluation.predictor import open_model, predict_pairs
from getnet_tf.evaluation.scores import markdown, measure, neighbour_scores
from getnet_tf.training.run_folder import WATCHED_PAIRS, read_boxes, read_log, validation_pairs, write_text

TEST_SEED = 7  # draws the test pairs
FIELDS = {
    "data": "source",
    "variant": "variant",
    "noise": "noise",
    "split_by": "split_by",
}  # option -> of `DataConfig`


def evaluate(model, data=None, split=None, limit=None, seed=TEST_SEED, like=None):
    """Evaluates one model file.

    Args:
        model: path of a checkpoint, its run folder, or a `.tflite`.
        data: `DataConfig`; None for the data the checkpoint was trained on.
        split: "train", "val", "test" or "all"; None as `pictures_of` says.
        limit: number of pairs; None for one positive and one negative pair per picture.
        seed: draws the pairs, their places and their noise.
        like: path of another model, which says by what it has seen which pictures are which split; None: `model` itself.

    Returns:
        (scores, predictions, pairs): dict as `measure` and `neighbour_scores` give it, plus `data`, `split` and `seed`;
        `Predictions`; the `Pairs` used.

    Raises:
        InputError or EdgeError: if the model or the data are not what they should be, or do not fit each other.
    """
    predictor, threshold, config = open_model(model)
    if data is None:
        if config is None:
            raise InputError(
                "A .tflite does not know its data. Say --data digits (and --variant), a file, or a folder of photos."
            )
        data = config.data
    trained = trained_on(predictor.config.training_command) if config is None else config.data
    pictures, split = pictures_of(data, split, trained, seen_by(like or model))
    own = (*predictor.config.image_hw, predictor.config.channels)
    photos = source.is_photos(data.source)  # take any size
    given = (*own[:2], 3) if photos else source.image_shape(data, own[0])
    if own != given:
        source.load(data)  # data that are missing are not of the wrong size, and say so themselves
        raise InputError(
            f"{model} expects images of {_shape(own)}; these {'photos' if photos else 'digits'} are {_shape(given)}. "
            f"Give another --model."
        )
    pairs = source.pairs_of(pictures, data, predictor.config.image_hw, seed)
    predictions = predict_pairs(predictor, pairs.once(limit))
    if pairs.labels is None:  # labelled pairs know no classes
        neighbours = {"pictures": len(pairs.paths)}
    else:
        whole = pairs.whole_pictures(predictor.described_hw)
        embedding = np.concatenate([predictor.describe(images) for images in whole])
        neighbours = neighbour_scores(embedding, pairs.labels)
    scores = {
        **measure(predictions, threshold, predictor.config),
        **neighbours,
        "data": data.source,
        "split": split,
        "seed": seed,
    }
    return scores, predictions, pairs


def pictures_of(data, split, trained, seen):
    """The pictures to evaluate on.

    Where it is known what a model has seen, its splits are made of that, wherever the pictures lie now and whatever they are called:
    "test" is what it has not seen. Nobody says: that, if it has seen any of them; else all.

    Args:
        data: `DataConfig`.
        split: "train", "val", "test", "all", or None: nobody says.
        trained: `DataConfig` of the training, or None where it is unknown.
        seen: as `data.seen` has it, or None where it is unknown.

    Returns:
        (a split as `source.load` gives it, its name)

    Raises:
        InputError: for missing or bad data, or where nothing is left.
    """
    if seen is None or not source.is_photos(data.source):
        split = split or default_split(data, trained)
        return source.load_whole(data) if split == "all" else source.load(data)[split], split
    if split == "all":
        return source.load_whole(data), split
    whole = source.load_whole(data)
    splits = split_by_seen(whole, seen)
    if splits is None:  # none of them
        return (source.load(data)[split], split) if split else (whole, "all")
    split = split or "test"
    count = source.pictures_of(splits[split])
    say(f"{split}: {count} of {source.pictures_of(whole)} pictures, by what the model was trained on")
    if not count:
        raise InputError(
            f"{data.source}: expected pictures of {split}, by what the model was trained on, found none. Give other pictures, or "
            f"--split all."
        )
    return splits[split], split


def seen_by(model):
    """The pictures that a model file has seen, as `data.seen` has them; None where it doesn't say."""
    return read_metadata(model).seen if pathlib.Path(model).suffix == ".tflite" else read_card(model).seen


def default_split(data, trained):
    """The split where neither anybody nor the model's file says: "all" of photos of another place than the training's, else "test".

    Args:
        data: `DataConfig` of the evaluation.
        trained: `DataConfig` of the training, or None where it is unknown.
    """
    if not source.is_photos(data.source):
        return "test"
    own = trained is not None and os.path.realpath(data.source) == os.path.realpath(trained.source)
    return "test" if own else "all"


def trained_on(command):
    """The `DataConfig` of a training command, as a `.tflite` remembers it; None where it was not the command line, or is damaged.

    A folder is named as it was then: from another working directory, a relative path is another folder.
    """
    if "getnet_tf.train" not in command or "\0" in command:  # which no command line has
        return None
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for option in ("--data", "--variant", "--split-by"):
        parser.add_argument(option)
    parser.add_argument("--noise", type=float)
    try:
        return _data_config(parser.parse_known_args(shlex.split(command))[0], DataConfig())
    except (argparse.ArgumentError, ValueError):
        return None


def _shape(shape):
    height, width, channels = shape
    return f"{height} x {width}, {'grey' if channels == 1 else 'RGB'}"


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m getnet_tf.evaluate",
        description=__doc__.splitlines()[0],
        formatter_class=Manual,
        allow_abbrev=False,
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
    add("--variant", choices=DIGIT_VARIANTS, help="how digits are hidden; default: as in training")
    add("--noise", type=float, help="grey level that the noise reaches; default: as in training")
    add("--split-by", choices=SPLITS, help="of photos: image, or class; default: as in training")
    add(
        "--split",
        choices=("all", "train", "val", "test"),
        help="which pictures; default: test, but all of photos that the model was not trained on",
    )
    add("--pairs", type=int, help="how many; default: one positive and one negative for every picture")
    add("--seed", type=seed, default=TEST_SEED, help="draws the pairs, places and noise")
    add("--json", type=pathlib.Path, action=OutputFile, metavar="FILE", help="write the scores here")
    add(
        "--report",
        type=pathlib.Path,
        action=OutputFile,
        metavar="FILE.html",
        help="write one page to look at here",
    )
    add("--figures", type=pathlib.Path, metavar="DIR", help="write pictures here")
    return parser


def data_config(options):
    """The data that the options name, over those of the training; None for the checkpoint's own."""
    if all(getattr(options, name) is None for name in FIELDS):
        return None
    if options.model.suffix == ".tflite":
        command = read_metadata(options.model).training_command
        return _data_config(options, trained_on(command) or DataConfig())
    return _data_config(options, read_card(options.model).config.data)


def _data_config(options, base):
    named = {field: getattr(options, name) for name, field in FIELDS.items()}
    return dataclasses.replace(base, **{field: value for field, value in named.items() if value is not None})


def run(options):
    """Evaluates as the command line says."""
    if options.pairs is not None and options.pairs < 2:
        raise InputError(f"--pairs: expected at least 2, received {options.pairs}.")
    try:
        data = data_config(options)
    except ValueError as error:
        raise InputError(str(error)) from error
    scores, predictions, pairs = evaluate(options.model, data, options.split, options.pairs, options.seed)
    columns, result, baseline = {"model": scores}, dict(scores), None
    if options.baseline is not None:
        data = data or read_card(options.model).config.data
        columns["baseline"], baseline, _ = evaluate(
            options.baseline, data, scores["split"], options.pairs, options.seed, options.model
        )
        result["baseline"] = columns["baseline"]
    print(markdown(columns))
    if options.json:
        write_text(options.json, json.dumps(result, indent=1) + "\n")
    if options.figures:
        from getnet_tf.evaluation import plots

        names = plots.save_report(
            options.figures, predictions, pairs, scores, baseline, columns.get("baseline")
        )
        names += save_training_figures(options.figures, options.model)
        print(f"figures: {', '.join(str(options.figures / name) for name in names)}")
    if options.report:
        from getnet_tf.evaluation import report

        options.report.parent.mkdir(parents=True, exist_ok=True)
        write_text(options.report, report.page(options.model, columns, predictions, pairs))
        print(f"report: {options.report}")


def save_training_figures(folder, model):
    """Draws how the training of a checkpoint went, if its run's log lies beside it; returns the files' names."""
    from getnet_tf.evaluation import plots

    folder_of_run = model if model.is_dir() else model.parent
    rows, moving = read_log(folder_of_run), read_boxes(folder_of_run)
    if model.suffix == ".tflite" or not rows:
        return []
    plots.save(plots.training_curves(rows), folder / "training.png")
    if not moving:
        return ["training.png"]
    watched = validation_pairs(read_card(model).config).batch(0, WATCHED_PAIRS)["image0"]
    boxes = plots.moving_boxes(watched[: len(moving[-1]["boxes"])], moving)
    plots.save(boxes, folder / "boxes_over_training.png")
    return ["training.png", "boxes_over_training.png"]


def main(argv=None):
    """The command line; returns the exit code."""
    return report_errors(lambda: run(build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
