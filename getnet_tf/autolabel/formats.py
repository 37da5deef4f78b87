"""Labels as other programs read them: COCO, YOLO, Pascal VOC, and plain CSV. `supervision` owns the formats.

DIR/coco.json      paths relative to the folder of pictures; each annotation also has its `score`
DIR/yolo/          data.yaml, labels/train/, and images/train, a link to the pictures
DIR/voc/           Annotations/, ImageSets/Main/default.txt, and JPEGImages, a link to the pictures
DIR/labels.csv     a line per box; a picture without one has a line with an empty name
DIR/errors.csv     pictures that could not be used, and why

Everything is sorted by path, and the same labels give the same bytes.
"""

import csv
import datetime
import io
import json
import os
import pathlib
import shutil

import numpy as np
import supervision
from supervision.dataset.formats.coco import classes_to_coco_categories, detections_to_coco_annotations
from supervision.dataset.formats.pascal_voc import detections_to_pascal_voc
from supervision.dataset.formats.yolo import detections_to_yolo_annotations, save_data_yaml

from getnet_tf.errors import InputError

SPLIT = "train"  # YOLO wants one
COLUMNS = ("path", "width", "height", "name", "xmin", "ymin", "xmax", "ymax", "score", "spread")


def write(folder, root, names, labels, failures):
    """Writes all formats, each beside first, then renamed.

    Args:
        folder: to write to.
        root: of the pictures.
        names: the classes; their order numbers them.
        labels, failures: lists of `Label` and `Failure`, sorted by path.
    """
    folder, root = pathlib.Path(folder), pathlib.Path(root)
    partial = folder / ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        (partial / "coco.json").write_text(coco(root, names, labels), encoding="utf-8")
        _write_yolo(partial / "yolo", root, names, labels)
        _write_voc(partial / "voc", root, names, labels)
        (partial / "labels.csv").write_text(labels_csv(labels), encoding="utf-8")
        (partial / "errors.csv").write_text(errors_csv(failures), encoding="utf-8")
        for made in sorted(partial.iterdir()):
            _replace(made, folder / made.name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_names(paths):
    """That no two pictures would share a label file.

    Raises:
        InputError: if paths differ by nothing but their suffixes.
    """
    seen = {}
    for path in paths:
        stem = _without_suffix(path)
        if stem in seen:
            raise InputError(
                f"{seen[stem]} and {path} would share a label file, as formats name it without the suffix. Rename one."
            )
        seen[stem] = path


def coco(root, names, labels):
    """The text of coco.json; its date is that of the newest picture, so that it depends on the pictures alone."""
    images, annotations = [], []
    for number, label in enumerate(labels, start=1):
        images.append({"id": number, "file_name": label.path, "width": label.width, "height": label.height})
        boxes, _ = detections_to_coco_annotations(_detections(label, names), number, len(annotations) + 1)
        for box, candidate in zip(boxes, label.kept, strict=True):
            box["bbox"] = [round(float(value), 1) for value in box["bbox"]]
            annotations.append({**box, "area": round(box["area"], 2), "score": candidate.score})
    newest = max((os.stat(root / label.path).st_mtime for label in labels), default=0)
    date = datetime.datetime.fromtimestamp(int(newest), datetime.timezone.utc)
    info = {
        "description": "Boxes found by getnet_tf.autolabel",
        "date_created": date.isoformat(),
        "year": date.year,
    }
    content = {
        "info": info,
        "licenses": [],
        "categories": classes_to_coco_categories(names),
        "images": images,
        "annotations": annotations,
    }
    return json.dumps(content, indent=1) + "\n"


def labels_csv(labels):
    """The text of labels.csv."""
    rows = []
    for label in labels:
        size = (label.path, label.width, label.height)
        rows += [(*size, one.name, *one.box_px, one.score, one.spread) for one in label.kept]
        if not label.kept:
            rows.append((*size, *[""] * (len(COLUMNS) - len(size))))
    return _csv(COLUMNS, rows)


def errors_csv(failures):
    """The text of errors.csv."""
    return _csv(("path", "reason"), [(one.path, one.reason) for one in failures])


def _write_yolo(folder, root, names, labels):
    save_data_yaml(str(folder / "data.yaml"), names)
    with open(folder / "data.yaml", "a", encoding="utf-8") as file:
        file.write(f"path: .\ntrain: images/{SPLIT}\nval: images/{SPLIT}\n")
    for label in labels:
        shape = (label.height, label.width, 3)
        lines = detections_to_yolo_annotations(_detections(label, names), shape)
        _write(
            folder / "labels" / SPLIT / f"{_without_suffix(label.path)}.txt",
            "".join(f"{line}\n" for line in lines),
        )
    _link(root, folder / "images" / SPLIT)


def _write_voc(folder, root, names, labels):
    for label in labels:
        shape = (label.height, label.width, 3)
        text = detections_to_pascal_voc(_detections(label, names), names, label.path, shape)
        # The library names a database of its own makers.
        text = text.replace("<database>roboflow.ai</database>", "<database>getnet_tf.autolabel</database>")
        _write(folder / "Annotations" / f"{_without_suffix(label.path)}.xml", text)
    listed = "".join(f"{_without_suffix(label.path)}\n" for label in labels)
    _write(folder / "ImageSets" / "Main" / "default.txt", listed)
    _link(root, folder / "JPEGImages")


def _detections(label, names):
    """The kept candidates as the library takes them."""
    if not label.kept:
        return supervision.Detections.empty()
    return supervision.Detections(
        xyxy=np.array([one.box_px for one in label.kept], np.float64),
        class_id=np.array([names.index(one.name) for one in label.kept]),
        confidence=np.array([one.score for one in label.kept]),
    )


def _link(root, place):
    """Makes a folder of pictures appear at a second place; where links are forbidden, copies it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        place.symlink_to(root.resolve(), target_is_directory=True)
    except OSError:
        shutil.copytree(root, place)


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _replace(made, place):
    if place.is_dir():
        shutil.rmtree(place)
    os.replace(made, place)


def _csv(columns, rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _without_suffix(path):
    return pathlib.PurePosixPath(path).with_suffix("").as_posix()
