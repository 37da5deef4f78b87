"""How many photos are enough? Accuracy on products against training photos of each, with the default training.

    python benchmarks/photos_per_class.py --data PATH --json photos_per_class.json     # 15 minutes on 2 cores

Products of Grocery Store with enough photos: some of each train, three choose the threshold, and the pictures of the
set's own `val` test: other photos of the same products, from other shops and days. Without a localiser, so that nothing
but the number of photos differs; "0" is the network before any training.
"""

import pathlib
import sys
import tempfile
import time

import bench
import numpy as np
import photo_runs
import photo_sets
from real_objects import by_embeddings, pairs_of, scores_of

from getnet_tf.console import start_tensorflow
from getnet_tf.evaluation.predictor import open_model

COUNTS = (2, 4, 8, 16)
CHOOSING = 3  # photos of each product that choose the threshold


def splits_of(data, seed):
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
    options = ["--localiser", "none"] + (["--siamese-steps", "0"] if count == 0 else [])
    begun = time.perf_counter()
    splits = {"train": of(max(count, 2)), "val": val}
    path = photo_runs.trained(splits, data, folder, options, resume=False, verbose=0)
    seconds = time.perf_counter() - begun
    predictor, _, _ = open_model(path)
    hw = predictor.described_hw
    found = by_embeddings(predictor.describe, hw, {"val": pairs_of(val, hw), "test": pairs_of(test, hw)})
    return {"photos": count, "seconds": seconds, **scores_of(found, predictor.config)}


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds grocery/")
    bench.add_seed(parser)


def measure(options):
    """Trains, and a row for every number of photos."""
    start_tensorflow(0)
    of, val, test = splits_of(options.data, options.seed)
    rows = []
    for count in (0, *COUNTS):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measured(of, val, test, count, options.data, pathlib.Path(folder) / "run"))
        bench.say(f"measured    {count} photos of each")
    return {"products": len(val.class_names), "test_photos": len(test), "rows": rows}


def markdown(result):
    """The rows as they are."""
    columns = {
        "photos of each": bench.text("photos"),
        "pair accuracy %": bench.percent("pair_accuracy"),
        "AUC": bench.number("roc_auc", 4),
        "seconds": bench.number("seconds", 0),
    }
    shown = bench.table(result["rows"], columns)
    return f"{result['products']} products, {result['test_photos']} test photos\n\n{shown}"


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
