"""How many photos are enough? Accuracy on products against training photos of each, with the default training.

    python benchmarks/photos_per_class.py --data PATH --json photos_per_class.json     # 15 minutes on 2 cores

Products of Grocery Store with enough photos: some of each train, three choose the threshold, and the pictures of the
set's own `val` test: other photos of the same products, from other shops and days. Without a localiser, so that nothing
but the number of photos differs; "0" is the network before any training.
"""

import argparse
import json
import pathlib
import sys
import tempfile
import time

import numpy as np
import photo_sets
from real_objects import by_embeddings, pairs_of, row

from getnet_tf import train
from getnet_tf.console import start_tensorflow
from getnet_tf.errors import report_errors
from getnet_tf.evaluation.predictor import open_model
from getnet_tf.training.run_folder import write_text

COUNTS = (2, 4, 8, 16)
CHOOSING = 3  # photos of each product that choose the threshold


def splits_of(data, seed=0):
    """train, val and test of the products that have photos enough, and a function that thins the first out."""
    given = photo_sets.grocery(data)
    pool = photo_sets.together(given)["train"]
    tested = set(given["test"].class_names)
    counts = np.bincount(pool.labels)
    enough = [
        label
        for label, name in enumerate(pool.class_names)
        if counts[label] >= max(COUNTS) + CHOOSING and name in tested
    ]
    rng = np.random.default_rng(seed)
    own = [rng.permutation(np.flatnonzero(pool.labels == label)) for label in enough]
    names = {pool.class_names[label] for label in enough}
    kept = [i for i, label in enumerate(given["test"].labels) if given["test"].class_names[label] in names]

    def of(count):
        return pool.subset(np.concatenate([index[CHOOSING : CHOOSING + count] for index in own]))

    return (
        of,
        pool.subset(np.concatenate([index[:CHOOSING] for index in own])),
        given["test"].subset(np.array(kept)),
    )


def measured(of, val, test, count, data, folder):
    """Scores after a training on `count` photos of each product, and its seconds."""
    arguments = ["--data", str(data), "--out", str(folder), "--localiser", "none"]
    if count == 0:
        arguments += ["--siamese-steps", "0"]
    config = train.config_from(train.parse(arguments))
    begun = time.perf_counter()
    path = train.run(config, folder, verbose=0, splits={"train": of(max(count, 2)), "val": val})
    seconds = time.perf_counter() - begun
    predictor, _, _ = open_model(path)
    hw = predictor.described_hw
    parts = {"val": pairs_of(val, hw), "test": pairs_of(test, hw)}
    return {**row(by_embeddings(predictor.describe, hw, parts)), "photos": count, "seconds": seconds}


def run(options):
    """Trains and measures, prints Markdown."""
    start_tensorflow(0)
    of, val, test = splits_of(options.data)
    print(f"{len(val.class_names)} products, {len(test)} test photos\n")
    print("| photos of each | pair accuracy % | AUC | seconds |\n|---|---|---|---|")
    result = []
    for count in (0, *COUNTS):
        with tempfile.TemporaryDirectory() as folder:
            scores = measured(of, val, test, count, options.data, pathlib.Path(folder) / "run")
        result.append(scores)
        low, high = scores["interval"]
        print(
            f"| {count} | {100 * scores['pair_accuracy']:.1f} [{100 * low:.1f}, {100 * high:.1f}] | {scores['auc']:.4f} | "
            f"{scores['seconds']:.0f} |",
            flush=True,
        )
    if options.json:
        write_text(options.json, json.dumps(result, indent=1, default=float) + "\n")


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--data", required=True, metavar="DIR", help="holds grocery/")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
