"""Same or not, on real photos: GetNet, the Siamese network, and what ImageNet knew before any training.

    python benchmarks/real_objects.py --data PATH --runs runs/photos --json photos.json       # 45 minutes on 2 cores
    python benchmarks/real_objects.py --data PATH --model edge_demo/models/getnet.tflite      # the shipped one

Caltech-101: three splits of 60 classes, 40 to train, 8 to choose by, 12 to test; Grocery Store: trained on its `train`,
tested on its `val` (see `photo_sets.py`). One GetNet is trained for each; finished trainings are reused. The Siamese
network is the same branch on whole pictures: GetNet's Siamese part, which is trained first and then rests, so backbone
and budget are the same to the bit. "Untrained" averages EfficientNet-Lite0's features at 160 px.

Every picture is in one pair of either label. Thresholds come from the validation pictures; the best possible is beside.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import photo_sets

from edge_demo.model.metadata import read as read_metadata
from getnet_tf import train
from getnet_tf.console import start_tensorflow
from getnet_tf.data.photo_pairs import PhotoPairs
from getnet_tf.errors import report_errors
from getnet_tf.evaluation import metrics
from getnet_tf.evaluation.predictor import open_model, predict_pairs
from getnet_tf.evaluation.scores import neighbour_scores
from getnet_tf.training.run_folder import write_text

SEED = 1000
UNTRAINED_PX = 160
BUDGET = ("--siamese-steps", "300", "--locating-steps", "600", "--scenes", "1500")
COLUMNS = ("pair accuracy %", "at the best threshold %", "AUC", "AP@10")


def sets_of(data):
    """The four experiments: dict of splits."""
    found = {f"Caltech-101, split {seed}": photo_sets.caltech(data, seed) for seed in range(3)}
    return {**found, "Grocery Store": photo_sets.grocery(data)}


def trained(splits, name, data, runs, extra=()):
    """The checkpoint of one experiment, trained unless it is there; `extra` are further options of the training."""
    out = pathlib.Path(runs) / name.replace(" ", "-").replace(",", "").lower()
    behind = photo_sets.training_backgrounds(data, pathlib.Path(runs) / "backgrounds")
    # The shipped localiser has seen classes that are tested here; it is a guided one.
    start = () if "salient" in extra else ("--start", "scratch")
    arguments = [
        "--data",
        str(data),
        "--out",
        str(out),
        "--backgrounds",
        str(behind),
        *BUDGET,
        *start,
        *extra,
    ]
    config = train.config_from(train.parse(arguments))
    return train.run(config, out, resume=True, command=" ".join(sys.argv), verbose=2, splits=splits)


def pairs_of(photos, hw, partners=None):
    """`PhotoPairs` of a split; `partners` are classes (N,) that a negative partner must share."""
    if partners is not None:
        return HardPairs(photos, SEED, hw, partners)
    return PhotoPairs(photos, SEED, hw)


class HardPairs(PhotoPairs):
    """Pairs of which the different ones are of one coarse class. Pictures without such a partner get none.

    Args:
        photos, seed, image_hw: as of `PhotoPairs`.
        coarse: dict from the name of a class to that of its coarse class.
    """

    def __init__(self, photos, seed, image_hw, coarse):
        self.coarse = coarse
        super().__init__(photos, seed, image_hw)

    def _draw_epoch(self, epoch):
        index0, index1, label = super()._draw_epoch(epoch)
        rng = np.random.default_rng([self.seed, 5, epoch])
        group = np.array([self.coarse[self.photos.class_names[k]] for k in self.labels])
        kept = []
        for place in range(len(label)):
            one = index0[place]
            if label[place] == 0:
                others = np.flatnonzero((group == group[one]) & (self.labels != self.labels[one]))
                if not len(others):
                    continue
                index1[place] = rng.choice(others)
            kept.append(place)
        return index0[kept], index1[kept], label[kept]

    def __len__(self):
        return len(self._epoch(0)[2])


def embeddings(describe, pairs, hw):
    """Embeddings (N, E) of whole pictures."""
    return np.concatenate([describe(images) for images in pairs.whole_pictures(hw, 32)])


def untrained_describe():
    """EfficientNet-Lite0's averaged features at length 1, as ImageNet left them."""
    import tensorflow as tf

    from getnet_tf.backbones.encoder import load_pretrained
    from getnet_tf.config import ModelConfig
    from getnet_tf.model import GetNet

    hw = (UNTRAINED_PX, UNTRAINED_PX)
    config = ModelConfig(
        image_hw=hw, channels=3, localiser="none", backbone="efficientnet-lite0", embedding_dim=1000
    )
    network = GetNet(config)
    load_pretrained(network)

    @tf.function(reduce_retracing=True)
    def describe(images):
        return tf.math.l2_normalize(tf.reduce_mean(network.branch.maps(images)[1], axis=(1, 2)), axis=-1)

    return lambda images: describe(images).numpy()


def by_embeddings(describe, hw, parts):
    """Distances of whole pictures: dict part -> (label, distance, embeddings, labels)."""
    found = {}
    for part, pairs in parts.items():
        embedding = embeddings(describe, pairs, hw)
        index0, index1, label = pairs._epoch(0)
        found[part] = (
            label,
            np.linalg.norm(embedding[index0] - embedding[index1], axis=1),
            embedding,
            pairs.labels,
        )
    return found


def by_search(predictor, parts, embedded):
    """Distances of GetNet's own pairs; neighbours by its descriptions of whole pictures."""
    found = {}
    for part, pairs in parts.items():
        predictions = predict_pairs(predictor, pairs.once(size=40))
        found[part] = (predictions.label, predictions.distance, *embedded[part][2:])
    return found


def row(found, threshold=None):
    """Scores of the test pairs, with the threshold of the validation pairs or a given one."""
    label, distance, embedding, labels = found["test"]
    if threshold is None:
        threshold = metrics.best_threshold(*found["val"][:2])
    accuracy = metrics.pair_accuracy(label, distance, threshold)
    best = metrics.pair_accuracy(label, distance, metrics.best_threshold(label, distance))
    return {
        "pair_accuracy": accuracy,
        "interval": metrics.wilson_interval(round(accuracy * len(label)), len(label)),
        "best": best,
        "auc": metrics.roc_auc(label, distance),
        "ap_at_10": neighbour_scores(embedding, labels)["ap_at_10"],
        "pairs": len(label),
    }


def measure(splits, model, coarse=None):
    """All rows of one experiment: dict name -> scores. With `coarse` negatives are of one coarse class."""
    predictor, threshold, _ = open_model(model)
    hw, shown = predictor.config.image_hw, predictor.described_hw
    parts = {part: pairs_of(splits[part], hw, coarse) for part in ("val", "test")}
    siamese = by_embeddings(predictor.describe, shown, parts)
    rows = {
        "untrained": row(by_embeddings(untrained_describe(), (UNTRAINED_PX,) * 2, parts)),
        "Siamese": row(siamese),
    }
    found = by_search(predictor, parts, siamese)
    rows["GetNet"] = row(found)
    rows["GetNet, the model's one threshold"] = row(found, threshold)
    return rows


def run(options):
    """Trains what is missing, measures, prints Markdown."""
    start_tensorflow(0)
    result = {}
    for name, splits in sets_of(options.data).items():
        if options.only and options.only not in name:
            continue
        if options.model:
            if "split" in name and "split 0" not in name:  # it has seen test classes of the others
                continue
            model = options.model
        else:
            model = trained(splits, name, options.data, options.runs)
        result[name] = measure(splits, model)
        if name == "Grocery Store":
            fine, coarse = (photo_sets.grocery_names(options.data, which) for which in ("fine", "coarse"))
            inner = dict(zip(fine, coarse, strict=True))
            result[f"{name}, within a coarse class"] = measure(splits, model, inner)
        print(f"done: {name}", file=sys.stderr)
    print(table(result))
    if options.model and pathlib.Path(options.model).suffix == ".tflite":
        print(f"\nquantization: {read_metadata(options.model).quantization}")
    if options.json:
        write_text(options.json, json.dumps(result, indent=1, default=float) + "\n")


def table(result):
    """The scores as Markdown."""
    lines = [f"| data | network | {' | '.join(COLUMNS)} |", "|---" * (len(COLUMNS) + 2) + "|"]
    for name, rows in result.items():
        for network, scores in rows.items():
            low, high = scores["interval"]
            cells = (
                f"{100 * scores['pair_accuracy']:.1f} [{100 * low:.1f}, {100 * high:.1f}]",
                f"{100 * scores['best']:.1f}",
                f"{scores['auc']:.4f}",
                f"{scores['ap_at_10']:.3f}",
            )
            lines.append(f"| {name} | {network} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, metavar="DIR", help="holds caltech101/ and grocery/")
    add("--runs", type=pathlib.Path, default="runs/photos", metavar="DIR", help="of the trainings")
    add("--model", type=pathlib.Path, help="measure this one and train none")
    add("--only", help="a part of the name of the data")
    add("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
