"""The proof of use: a detector that learns from found boxes, beside one that learns from true ones.

    pip install keras-hub && python benchmarks/detector.py --data mnist.npz --model cluttered.tflite --out detector

2,400 scenes, a digit and six pieces of others in each, in a folder for every digit. `python -m getnet_tf.autolabel
--by-folder` finds the boxes, with a model that was exported from `digits.py`'s run `cluttered-getnet`. KerasHub's RetinaNet
on a small ResNet is trained from scratch on them, on the true boxes, and on the best fixed box, with the same seed and as
many steps, and tested on 600 scenes of other digits: mean average precision at an IoU of 0.5. An hour on 2 cores; what is done
is reused.
"""

import json
import pathlib
import sys

import bench
import cv2
import numpy as np
from fixed_box import best_fixed_box
from labelled import by_folder

from getnet_tf.console import start_tensorflow
from getnet_tf.data import digits
from getnet_tf.evaluation import metrics
from getnet_tf.training.run_folder import write_text

SCENES = {"train": 2400, "test": 600}
SIDE, PADDED = 60, 64  # pixels of a scene, and of the detector's image
BATCH, RATE, SEED = 32, 1e-3, 0
EPOCHS = 10  # lines of the log
LEVEL = 3  # of the feature pyramid: cells of 8 pixels
FIXED_STEPS = 15  # of the grid for the best fixed box: 4 pixels each
ANCHOR = 2.0  # smallest anchor, in cells: digits are about 20 pixels high


def scenes(path):
    """Scenes of the official test digits: dict split -> (images (N, 60, 60) uint8, boxes (N, 4), labels (N,))."""
    test, rng = digits.load(path)["test"], np.random.default_rng(SEED)
    order, found, begun = rng.permutation(len(test.labels)), {}, 0
    for split, count in SCENES.items():
        chosen = order[begun : begun + count]
        images, boxes = digits.render(test.images[chosen], "cluttered", 0.0, rng, test.images[chosen])
        found[split] = (np.round(images[..., 0] * 255).astype(np.uint8), boxes, test.labels[chosen])
        begun += count
    return found


def found_boxes(images, labels, model, folder, options):
    """What autolabel finds in the class folders, with more options of it: boxes (N, 4)."""
    pictures = folder / "scenes"
    if not pictures.exists():
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            place = pictures / str(label) / f"{number:05d}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(place), image)
    out = folder / "labels"
    by_folder(pictures, out, model, options)
    content = json.loads((out / "coco.json").read_text())
    place = {image["id"]: int(pathlib.Path(image["file_name"]).stem) for image in content["images"]}
    boxes = np.full((len(images), 4), np.nan)
    for annotation in content["annotations"]:
        x, y, w, h = annotation["bbox"]
        boxes[place[annotation["image_id"]]] = x, y, x + w, y + h
    return boxes


def build():
    """The detector, with new weights."""
    import keras
    import keras_hub
    from keras_hub.src.models.retinanet.retinanet_label_encoder import RetinaNetLabelEncoder

    keras.utils.set_random_seed(SEED)
    shape = (PADDED, PADDED, 3)
    encoder = keras_hub.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[3],
        stackwise_num_filters=[64, 96, 128],
        stackwise_num_blocks=[1, 1, 1],
        stackwise_num_strides=[1, 2, 2],
        block_type="basic_block",
        image_shape=shape,
    )
    backbone = keras_hub.models.RetinaNetBackbone(
        encoder,
        min_level=LEVEL,
        max_level=LEVEL + 1,
        use_p5=False,
        use_fpn_batch_norm=True,
        image_shape=shape,
    )
    anchors = keras_hub.layers.AnchorGenerator("xyxy", LEVEL, LEVEL + 1, 3, [0.5, 1.0, 2.0], ANCHOR)
    detector = keras_hub.models.RetinaNetObjectDetector(
        backbone,
        num_classes=10,
        bounding_box_format="xyxy",
        anchor_generator=anchors,
        label_encoder=RetinaNetLabelEncoder(
            anchors, "xyxy", encoding_format="center_xywh", box_matcher_force_match_for_each_col=True
        ),
        use_prediction_head_norm=True,
        pre_logits_num_conv_layers=1,
    )
    return detector


def train(images, boxes, labels, steps):
    """A detector that has learned from boxes (N, 4), pictures without one (NaN) left out."""
    import keras
    import tensorflow as tf

    known = ~np.isnan(boxes).any(axis=1)
    x = _padded(images[known])
    # A second box that is none: the label encoder needs two.
    y = {
        "boxes": np.stack([boxes[known], np.zeros_like(boxes[known])], axis=1).astype(np.float32),
        "labels": np.stack([labels[known], np.full(known.sum(), -1)], axis=1).astype(np.float32),
    }
    detector = build()
    schedule = keras.optimizers.schedules.CosineDecay(RATE, steps)
    detector.compile(
        optimizer=keras.optimizers.Adam(schedule, clipnorm=1.0),
        box_loss=keras.losses.Huber(reduction="sum"),
        classification_loss=keras.losses.BinaryFocalCrossentropy(from_logits=True, reduction="sum"),
    )
    batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x), seed=SEED).repeat().batch(BATCH)
    detector.fit(batches, steps_per_epoch=steps // EPOCHS, epochs=EPOCHS, verbose=2)
    return detector


def map50(detector, images, boxes, labels):
    """Mean average precision at an IoU of 0.5."""
    import supervision
    from supervision.metrics import MeanAveragePrecision

    found = detector.predict(_padded(images), batch_size=50, verbose=0)
    predictions, targets = [], []
    for number in range(len(images)):
        real = found["labels"][number] >= 0
        predictions.append(
            supervision.Detections(
                xyxy=found["boxes"][number][real],
                class_id=found["labels"][number][real].astype(int),
                confidence=found["confidence"][number][real],
            )
        )
        targets.append(supervision.Detections(xyxy=boxes[number][None], class_id=labels[number][None]))
    return float(MeanAveragePrecision().update(predictions, targets).compute().map50)


def _padded(images):
    """(N, 60, 60) uint8 -> (N, 64, 64, 3) float32 in [-1, 1]; black on the right and below."""
    padded = np.pad(images, ((0, 0), (0, PADDED - SIDE), (0, PADDED - SIDE)))
    return np.repeat(padded[..., None].astype(np.float32) / 127.5 - 1, 3, axis=-1)


def sources(images, true, labels, options):
    """Where boxes come from: dict name -> function that gives them (N, 4)."""

    def found(*extra):
        return found_boxes(images, labels, options.model, options.out, extra)

    return {
        "true": lambda: true,
        "found": found,
        "found, --refine --agree": lambda: found("--refine", "--agree"),
        "best fixed box": lambda: np.tile(SIDE * best_fixed_box(true / SIDE, FIXED_STEPS)[1], (len(true), 1)),
    }


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "MNIST as Keras gives it", metavar="NPZ")
    parser.add_argument(
        "--model", type=pathlib.Path, required=True, metavar="FILE", help="a .tflite trained on `cluttered`"
    )
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="DIR", help="of scenes and labels")
    bench.add_count(parser, 1000, "of each training", "--steps")


def measure(options):
    """Labels, trains and tests with the boxes of every source."""
    options.out.mkdir(parents=True, exist_ok=True)
    sets = scenes(options.data)
    images, true, labels = sets["train"]
    start_tensorflow(0)
    result = {}
    for way, boxes_of in sources(images, true, labels, options).items():
        kept = options.out / f"{way.replace(',', '').replace(' ', '-')}-{options.steps}.json"
        if not kept.exists():
            boxes = boxes_of()
            known = ~np.isnan(boxes).any(axis=1)
            fit = metrics.iou(boxes[known], true[known], (SIDE, SIDE))
            row = {"mean_iou": float(fit.mean()), "corloc": metrics.corloc(fit)}
            row["map50"] = map50(train(images, boxes, labels, options.steps), *sets["test"])
            write_text(kept, json.dumps(row))
        result[way] = json.loads(kept.read_text())
        bench.say(f"measured    {way}: {result[way]}")
    return result


def markdown(result):
    """A row for every source."""
    columns = {
        "boxes learned from": bench.text("way"),
        "their mean IoU": bench.number("mean_iou", 3),
        "CorLoc@0.5": bench.number("corloc", 3),
        "mAP50 of the detector": bench.number("map50", 3),
        "of the true boxes' %": bench.percent("share"),
    }
    best = result["true"]["map50"]
    rows = [{"way": way, **row, "share": row["map50"] / best} for way, row in result.items()]
    return bench.table(rows, columns)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
