"""The proof of use on photos: a detector of playing cards that learns from found boxes, beside one that learns from true ones.

    python benchmarks/detector_photos.py --data PATH --out detector-photos           # 20 minutes, beside other work

Two thirds of the photos with one card lie in a folder for each rank, where `python -m getnet_tf.autolabel --by-folder` finds the boxes,
by what it cuts out for itself, or by one reference for each rank: what a person cut out of the first photo of it.
The other third, and all photos with several cards, are tested on. The detector is a small head on the maps of EfficientNet-Lite0, which
keeps ImageNet's weights: in every cell six ranks and a box. KerasHub's, of `detector.py`, needs far more pictures where no weights for it
are at hand. All detectors have the same seed, steps and pictures; each is a mean of `SEEDS` trainings. Mean average precision at an IoU of
0.5, of ranks, and of cards whatever their rank. What is done is reused.
"""

import csv
import json
import pathlib
import shutil
import sys

import bench
import boxed_sets
import cv2
import numpy as np
from fixed_box import best_fixed_box
from labelled import by_folder

from edge_demo.model.preprocess import read_picture
from getnet_tf.console import start_tensorflow
from getnet_tf.data.augment import Strengths, photometric
from getnet_tf.data.picture import read_rgb
from getnet_tf.evaluation import metrics
from getnet_tf.training.run_folder import write_text

THIRD = 3  # every third photo of a rank is tested on
SIDE, STRIDE = 320, 16  # pixels of a picture and of a cell
COPIES = 8  # of a photo: itself, and parts of it in other light
LEAST_PART = 0.6  # of a photo's sides, that a copy shows
MIDDLE = 0.5  # of a box's sides: the cells there learn it
WIDTH, BATCH, RATE = 128, 16, 2e-3
SEEDS = (0, 1, 2)
TYPICAL = 0.2  # how far an edge is from a cell, share of the picture's side: where the head begins
LEAST_SCORE, MOST, NMS = 0.02, 200, 0.5  # of what the detector says
UNIT = (1, 1)  # (H, W) of every picture, once boxes are over pictures of size 1


# Photos


def photos_of(data):
    """(learned from, tested on): lists of (path, ranks, boxes (n, 4) over a picture of size 1); the first have one card each."""
    learned, tested, seen = [], [], {}
    for path, found in boxed_sets.cards_of(data).items():
        height, width = read_picture(path).shape[:2]
        photo = (
            path,
            [rank for rank, _ in found],
            np.array([box for _, box in found]) / ((width, height) * 2),
        )
        if len(found) > 1:
            tested.append(photo)
            continue
        number = seen[photo[1][0]] = seen.get(photo[1][0], -1) + 1
        (tested if number % THIRD == THIRD - 1 else learned).append(photo)
    return learned, tested


def found_boxes(photos, folder, model, options):
    """What autolabel finds in a folder for each rank, with more options of it: a list of boxes (n, 4) over pictures of size 1."""
    root, out = folder / "photos", folder / "labels"
    for path, (rank,), _ in photos:
        (root / rank).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, root / rank / path.name)
    by_folder(root, out, model, options)
    boxes = {}
    with open(out / "labels.csv", newline="") as file:
        for row in csv.DictReader(file):
            if row["name"]:
                box = np.array([float(row[edge]) for edge in ("xmin", "ymin", "xmax", "ymax")])
                size = (float(row["width"]), float(row["height"])) * 2
                boxes.setdefault(pathlib.Path(row["path"]).name, []).append(box / size)
    return [np.reshape(boxes.get(path.name, []), (-1, 4)) for path, _, _ in photos]


class Parts:
    """Photos as pictures for a cache, and of what part of its photo each is: copy v of photo p is number v * N + p."""

    def __init__(self, paths):
        self.paths = paths

    def __call__(self, number):
        """{"image": (320, 320, 3) uint8, "part": (4,) float32, over a photo of size 1}"""
        copy, place = divmod(number, len(self.paths))
        picture, part = read_rgb(self.paths[place]), np.array([0.0, 0.0, 1.0, 1.0])
        rng = np.random.default_rng([0, number])
        if copy:
            wh = rng.uniform(LEAST_PART, 1.0, 2)
            corner = rng.uniform(0, 1 - wh)
            part = np.concatenate([corner, corner + wh])
            picture = photometric(picture, rng, Strengths())
        height, width = picture.shape[:2]
        scale = SIDE / ((part[2:] - part[:2]) * (width, height))
        shift = -part[:2] * (width, height) * scale + (scale - 1) / 2  # edges to centres
        matrix = np.column_stack([np.diag(scale), shift])
        image = cv2.warpAffine(picture, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
        return {"image": image, "part": part.astype(np.float32)}


def seen(paths, copies, cache):
    """What the trunk sees of photos and of parts of them: maps (copies N, 20, 20, 112), and the parts (copies N, 4)."""
    from getnet_tf.alignment.encoded import encoded, trunk_of
    from getnet_tf.backbones.efficientnet_lite0 import build_trunk
    from getnet_tf.backbones.pretrained import load_lite0_weights

    trunk = build_trunk((SIDE, SIDE))
    load_lite0_weights(trunk)
    name = "learned" if copies > 1 else "tested"
    maps, facts = encoded(cache, name, Parts(paths), copies * len(paths), trunk_of(trunk))
    return maps, facts["part"]


# The detector


def middles():
    """Of the cells, row by row: (400, 2), over a picture of size 1."""
    at = (np.arange(SIDE // STRIDE) + 0.5) * STRIDE / SIDE
    return np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)


def target(boxes, ranks, part):
    """What the cells of a part of a photo should say: which of `ranks` + 1, 0 for none, (400,), and the boxes (400, 4)."""
    which, edges, at = np.zeros(len(middles()), int), np.zeros((len(middles()), 4)), middles()
    wh = part[2:] - part[:2]
    inside = (boxes.reshape(-1, 2, 2) - part[:2]) / wh
    for box, rank in zip(np.clip(inside, 0, 1).reshape(-1, 4), ranks, strict=True):
        centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
        if half.min() <= 0:
            continue
        here = (np.abs(at - centre) <= MIDDLE * half).all(axis=1)
        here[np.abs(at - centre).max(axis=1).argmin()] = True
        which[here], edges[here] = rank + 1, box
    return which, edges


def build(ranks):
    """The head, with new weights: maps (B, 20, 20, 112) -> (B, 400, ranks + 4), logits of ranks and four distances."""
    import keras

    maps = keras.layers.Input((SIDE // STRIDE, SIDE // STRIDE, 112))
    x = keras.layers.BatchNormalization()(maps)
    for _ in range(2):
        x = keras.layers.SeparableConv2D(WIDTH, 3, padding="same", activation="relu")(x)
    # As rare as things are among cells, see Lin et al. 2017 (arXiv:1708.02002).
    rare = keras.initializers.Constant(-4.0)
    which = keras.layers.Conv2D(ranks, 1, bias_initializer=rare)(x)
    edges = keras.layers.Conv2D(4, 1, bias_initializer=keras.initializers.Constant(np.log(TYPICAL)))(x)
    said = keras.layers.Concatenate()([which, edges])
    return keras.Model(maps, keras.layers.Reshape((-1, ranks + 4))(said))


def boxes_said(edges):
    """The boxes of cells: distances as the head gives them (..., 400, 4) -> (..., 400, 4), as FCOS (arXiv:1904.01355) has them."""
    from keras import ops

    at, apart = ops.convert_to_tensor(middles().astype(np.float32)), ops.exp(ops.clip(edges, -8.0, 1.0))
    return ops.concatenate([at - apart[..., :2], at + apart[..., 2:]], axis=-1)


def train(maps, which, edges, ranks, steps, seed):
    """A detector that has learned from `target`s (N, 400) and (N, 400, 4)."""
    import keras
    import tensorflow as tf
    from keras import ops

    keras.utils.set_random_seed(seed)
    detector = build(ranks)
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, steps), clipnorm=1.0)
    focal = keras.losses.BinaryFocalCrossentropy(from_logits=True, apply_class_balancing=True, reduction=None)

    def losses(x, wanted, boxes):
        said, there = detector(x, training=True), ops.cast(wanted > 0, "float32")
        count = ops.maximum(ops.sum(there), 1.0)
        truth = ops.one_hot(wanted, ranks + 1)[..., 1:]
        right = ops.sum(focal(truth[..., None], said[..., :ranks, None])) / count
        found = boxes_said(said[..., ranks:])
        low, high = (
            pick(found[..., part], boxes[..., part])
            for pick, part in ((ops.maximum, slice(0, 2)), (ops.minimum, slice(2, 4)))
        )
        both = ops.prod(ops.maximum(high - low, 0.0), axis=-1)
        area, true = (ops.prod(box[..., 2:] - box[..., :2], axis=-1) for box in (found, boxes))
        overlap = both / ops.maximum(area + true - both, 1e-6)
        return right + ops.sum(there * (1 - overlap)) / count

    @tf.function
    def step(x, wanted, boxes):
        with tf.GradientTape() as tape:
            loss = losses(x, wanted, boxes)
        variables = detector.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)

    rng = np.random.default_rng(seed)
    for _ in range(steps):
        chosen = np.sort(rng.choice(len(maps), BATCH, replace=False))
        step(maps[chosen].astype(np.float32), which[chosen], edges[chosen].astype(np.float32))
    return detector


def scores_of(detector, maps, tested, names):
    """Mean average precision at an IoU of 0.5: dict `map50`, of ranks, and `cards`, whatever their rank."""
    import keras
    from supervision import Detections
    from supervision.metrics import MeanAveragePrecision

    ranks, predictions, targets = len(names), [], []
    said = detector.predict(maps.astype(np.float32), batch_size=16, verbose=0)
    boxes = keras.ops.convert_to_numpy(boxes_said(said[..., ranks:]))
    for own, scores, (_, cards, true) in zip(
        boxes, 1 / (1 + np.exp(-said[..., :ranks])), tested, strict=True
    ):
        surest = np.argsort(-scores.max(axis=1), kind="stable")[:MOST]
        surest = surest[scores.max(axis=1)[surest] > LEAST_SCORE]
        found = Detections(
            xyxy=SIDE * own[surest],
            confidence=scores.max(axis=1)[surest],
            class_id=scores.argmax(axis=1)[surest],
        )
        predictions.append(found.with_nms(NMS, class_agnostic=True))
        targets.append(Detections(xyxy=SIDE * true, class_id=np.array([names.index(rank) for rank in cards])))
    return {
        name: float(
            MeanAveragePrecision(class_agnostic=whatever).update(predictions, targets).compute().map50
        )
        for name, whatever in (("map50", False), ("cards", True))
    }


# The trial


def references_of(photos, folder):
    """Writes the card of the first photo of each rank, cut out by its box; returns the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path, (rank,), boxes in photos:
        place = folder / f"{rank}.png"
        if not place.exists():
            picture = read_picture(path)
            cv2.imwrite(str(place), boxed_sets.cut(picture, np.round(boxes[0] * (picture.shape[1::-1] * 2))))
    return folder


def sources(learned, options):
    """Where boxes come from: dict name -> function that gives a list of them, (n, 4) for each photo."""

    def found(*extra):
        return lambda: found_boxes(learned, options.out, options.model, extra)

    def given(*extra):
        return lambda: found("--reference", references_of(learned, options.out / "references"), *extra)()

    true = [boxes for _, _, boxes in learned]
    return {
        "true": lambda: true,
        "found, --kinds": found("--kinds"),
        "found, --kinds --refine": found("--kinds", "--refine"),
        "found": found(),
        "given, --kinds": given("--kinds"),
        "given, --kinds --refine": given("--kinds", "--refine"),
        "given": given(),
        "best fixed box": lambda: [best_fixed_box(np.concatenate(true))[1][None]] * len(true),
    }


def fit_of(boxes, learned):
    """How right boxes are that were found: their number, and of the photos' first ones mean IoU and CorLoc@0.5; none is an IoU of 0."""
    fit = [
        metrics.iou(own[:1], true, UNIT)[0] if len(own) else 0.0
        for own, (_, _, true) in zip(boxes, learned, strict=True)
    ]
    return {
        "boxes": sum(map(len, boxes)),
        "mean_iou": float(np.mean(fit)),
        "corloc": metrics.corloc(np.array(fit)),
    }


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds cards/")
    bench.add_model(parser, "a .tflite file that labels; default: the shipped one")
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="DIR", help="of maps and labels")
    bench.add_count(parser, 500, "of each training", "--steps")


def measure(options):
    """Labels, trains and tests with the boxes of every source."""
    start_tensorflow(0)
    learned, tested = photos_of(options.data)
    names = sorted({rank for _, (rank,), _ in learned})
    maps, parts = seen([path for path, _, _ in learned], COPIES, options.out / "cache")
    test_maps, _ = seen([path for path, _, _ in tested], 1, options.out / "cache")
    result = {}
    for way, boxes_of in sources(learned, options).items():
        kept = options.out / f"{way.replace(',', '').replace(' ', '-')}-{options.steps}.json"
        if not kept.exists():
            boxes = boxes_of()
            ranks = [names.index(rank) for _, (rank,), _ in learned]
            aims = [
                target(own, [rank] * len(own), part)
                for own, rank, part in zip(boxes * COPIES, ranks * COPIES, parts, strict=True)
            ]
            which, edges = (np.stack(each) for each in zip(*aims, strict=True))
            trials = [
                scores_of(
                    train(maps, which, edges, len(names), options.steps, seed), test_maps, tested, names
                )
                for seed in SEEDS
            ]
            row = fit_of(boxes, learned) | {
                name: float(np.mean([trial[name] for trial in trials])) for name in ("map50", "cards")
            }
            write_text(kept, json.dumps(row | {"trials": trials}))
        result[way] = json.loads(kept.read_text())
        bench.say(f"measured    {way}: {result[way]}")
    return result


def markdown(result):
    """A row for every source."""
    columns = {
        "boxes learned from": bench.text("way"),
        "boxes": bench.text("boxes"),
        "mean IoU": bench.number("mean_iou", 3),
        "CorLoc@0.5": bench.number("corloc", 3),
        "mAP50, cards": bench.number("cards", 3),
        "of the true boxes' %": bench.percent("cards_share", 0),
        "mAP50, ranks": bench.number("map50", 3),
        "of the true boxes' % ": bench.percent("map50_share", 0),
    }
    best = result["true"]
    rows = [
        {"way": way, **row, **{f"{name}_share": row[name] / best[name] for name in ("cards", "map50")}}
        for way, row in result.items()
    ]
    return bench.table(rows, columns)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
