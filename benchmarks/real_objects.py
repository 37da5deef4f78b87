"""Same or not, on real photos: GetNet, the Siamese network, and what ImageNet knew before any training.

    python benchmarks/real_objects.py --data PATH --runs runs/photos --json photos.json       # 45 minutes on 2 cores
    python benchmarks/real_objects.py --data PATH --model edge_demo/models/getnet.tflite      # the shipped one

Caltech-101: three splits of 60 classes, 40 to train, 8 to choose by, 12 to test; Grocery Store: trained on its `train`,
tested on its `val` (see `photo_sets.py`). One GetNet is trained for each; finished trainings are reused. The Siamese
network is the same branch on whole pictures: GetNet's Siamese part, which is trained first and then rests, so backbone
and budget are the same to the bit. "Untrained" averages EfficientNet-Lite0's features at 160 px.

Every picture is in one pair of either label. Thresholds come from the validation pictures; the best possible is beside.
"""

import pathlib
import sys

import bench
import numpy as np
import photo_runs
import photo_sets

from edge_demo.model.metadata import read as read_metadata
from getnet_tf.console import start_tensorflow
from getnet_tf.data.photo_pairs import PhotoPairs
from getnet_tf.evaluation import metrics, scores
from getnet_tf.evaluation.predictor import Predictions, open_model, predict_pairs

SEED = 1000
UNTRAINED_PX = 160
COLUMNS = {
    "pair accuracy %": bench.percent("pair_accuracy"),
    "at the best threshold %": bench.percent("best_pair_accuracy"),
    "AUC": bench.number("roc_auc", 4),
    "AP@10": bench.number("ap_at_10", 3),
}


def sets_of(data):
    """The four experiments: dict of splits."""
    found = {f"Caltech-101, split {seed}": photo_sets.caltech(data, seed) for seed in range(3)}
    return {**found, "Grocery Store": photo_sets.grocery(data)}


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
    """Distances of whole pictures: dict part -> (`Predictions`, embeddings (N, E), labels (N,))."""
    found = {}
    for part, pairs in parts.items():
        embedding = embeddings(describe, pairs, hw)
        index0, index1, label = pairs._epoch(0)
        distance = np.linalg.norm(embedding[index0] - embedding[index1], axis=1)
        found[part] = Predictions(label, distance, None, None, None), embedding, pairs.labels
    return found


def by_search(predictor, parts, embedded):
    """Distances of GetNet's own pairs; neighbours by its descriptions of whole pictures."""
    return {
        part: (predict_pairs(predictor, pairs.once(size=40)), *embedded[part][1:])
        for part, pairs in parts.items()
    }


def scores_of(found, config, threshold=None):
    """Scores of the test pairs, with the threshold of the validation pairs or a given one."""
    predictions, embedding, labels = found["test"]
    if threshold is None:
        chosen_by = found["val"][0]
        threshold = metrics.best_threshold(chosen_by.label, chosen_by.distance)
    return scores.measure(predictions, threshold, config) | scores.neighbour_scores(embedding, labels)


def experiment(splits, model, coarse=None):
    """All rows of one experiment: dict name -> scores. With `coarse` negatives are of one coarse class."""
    predictor, threshold, _ = open_model(model)
    config, shown = predictor.config, predictor.described_hw
    parts = {part: pairs_of(splits[part], config.image_hw, coarse) for part in ("val", "test")}
    untrained = by_embeddings(untrained_describe(), (UNTRAINED_PX,) * 2, parts)
    siamese = by_embeddings(predictor.describe, shown, parts)
    found = by_search(predictor, parts, siamese)
    return {
        "untrained": scores_of(untrained, config),
        "Siamese": scores_of(siamese, config),
        "GetNet": scores_of(found, config),
        "GetNet, the model's one threshold": scores_of(found, config, threshold),
    }


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/ and grocery/")
    parser.add_argument(
        "--runs",
        type=pathlib.Path,
        default=pathlib.Path("runs/photos"),
        metavar="DIR",
        help="of the trainings",
    )
    parser.add_argument("--model", type=pathlib.Path, metavar="FILE", help="measure this one and train none")
    parser.add_argument("--only", default="", help="a part of the name of the data")


def measure(options):
    """Trains what is missing; every experiment's rows."""
    start_tensorflow(0)
    result = {}
    for name, splits in sets_of(options.data).items():
        seen = options.model and "split" in name and "split 0" not in name  # test classes of the others
        if options.only not in name or seen:
            continue
        model = options.model or photo_runs.by_name(splits, name, options.data, options.runs)
        result[name] = experiment(splits, model)
        if name == "Grocery Store":
            fine, coarse = (photo_sets.grocery_names(options.data, which) for which in ("fine", "coarse"))
            inner = dict(zip(fine, coarse, strict=True))
            result[f"{name}, within a coarse class"] = experiment(splits, model, inner)
        bench.say(f"measured    {name}")
    quantization = (
        options.model and options.model.suffix == ".tflite" and read_metadata(options.model).quantization
    )
    return {"experiments": result, "quantization": quantization or "none"}


def markdown(result):
    """A row for every experiment and network."""
    rows = [
        {"data": name, "network": network, **found}
        for name, networks in result["experiments"].items()
        for network, found in networks.items()
    ]
    shown = bench.table(rows, {"data": bench.text("data"), "network": bench.text("network"), **COLUMNS})
    return f"{shown}\n\nquantization: {result['quantization']}"


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
