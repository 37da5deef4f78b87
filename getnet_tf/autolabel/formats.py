"""Labels as other programs read them: COCO, YOLO, Pascal VOC, and plain CSV. `supervision` owns the formats.

DIR/coco.json      paths relative to the folder of pictures; each annotation also has its `score`
DIR/yolo/          data.yaml, labels/train/, and images/train/: the pictures; a folder of theirs that is called images is images_ there
DIR/voc/           Annotations/, ImageSets/Main/default.txt, labelmap.txt, and JPEGImages/: the pictures
DIR/labels.csv     a line per box; a picture without one has a line with an empty name
DIR/errors.csv     pictures that could not be used, and why

Pictures appear there as hard links; as symbolic links on another disk; as copies where both are forbidden. Everything is
sorted by path, and the same labels give the same bytes.
"""

import contextlib
import csv
import json
import os
import pathlib
import shutil
import unicodedata

import numpy as np
import supervision
from supervision.dataset.formats.coco import classes_to_coco_categories, detections_to_coco_annotations
from supervision.dataset.formats.pascal_voc import detections_to_pascal_voc
from supervision.dataset.formats.yolo import detections_to_yolo_annotations
from supervision.utils.file import save_yaml_file

from edge_demo.picture_files import PICTURE_SUFFIXES
from edge_demo.plain_file import check_own
from edge_demo.whole_file import remove
from getnet_tf.autolabel.class_name import check_classes
from getnet_tf.autolabel.csv_text import csv_text, errors_csv, no_formula
from getnet_tf.errors import InputError

FOLDERS = ("yolo", "voc")
# What others leave in them and make again: Ultralytics' lists of labels, and what systems know of a folder.
MADE_AGAIN = (".cache", ".DS_Store", "Thumbs.db", "desktop.ini")
# In the order in which they are renamed: whenever a kill comes, `LISTED` and labels.csv together name what is in the folders.
FORMATS = ("coco.json", "voc", "yolo", "labels.csv", "errors.csv")
SPLIT = "train"  # YOLO wants one
LISTED = "voc/ImageSets/Main/default.txt"
UNWRITABLE = ("Cc", "Cs", "Zl", "Zp")  # kinds of characters that break lines, XML or UTF-8
COLUMNS = ("path", "width", "height", "name", "xmin", "ymin", "xmax", "ymax", "score", "spread")


def write(folder, root, names, labels, failures):
    """Writes all formats, each beside first, then renamed.

    Args:
        folder: to write to.
        root: of the pictures; None: they are on another machine, and nothing links to them.
        names: the classes; their order numbers them.
        labels, failures: lists of `Label` and `Failure`, sorted by path.

    Raises:
        EdgeError: if no class can be called as one is.
    """
    check_classes(names)
    folder = pathlib.Path(folder)
    partial = folder / ".partial"
    remove(partial)
    partial.mkdir(parents=True)
    try:
        (partial / "coco.json").write_text(coco(names, labels), encoding="utf-8")
        _write_yolo(partial / "yolo", root, names, labels)
        _write_voc(partial / "voc", root, names, labels)
        (partial / "labels.csv").write_text(labels_csv(labels), encoding="utf-8")
        # These may be of names that text files can't hold: they are escaped.
        (partial / "errors.csv").write_text(errors_csv(failures), encoding="utf-8", errors="backslashreplace")
        for name in FORMATS:
            _replace(partial / name, folder / name)
    finally:
        remove(partial)


def check_folder(folder, names=()):
    """That nothing in a folder is in the way of the formats, nor of `names`, and nothing is lost where they replace earlier ones.

    A link leads elsewhere, a pipe has no end, and our folders are replaced with all that is in them.

    Args:
        folder: of labels.
        names: of other files of ours; those without a suffix are folders.

    Raises:
        InputError: if something is.
    """
    for name in (*FORMATS, *names):
        path = folder / name
        try:
            check_own(path)
            if path.exists() and path.is_dir() == bool(path.suffix):
                raise OSError(None, f"a {'folder' if path.is_dir() else 'file'} called {name}")
        except OSError as error:
            raise InputError(
                f"{folder}: expected files and folders of its own, received: {error.strerror}. Remove it, or give another --out."
            ) from None
    foreign = _foreign(folder)
    if foreign:
        more = f" and {len(foreign) - 1} more" if foreign[1:] else ""
        raise InputError(
            f"{folder}: expected nothing but labels in {' and '.join(FOLDERS)}, which new ones replace, received: {foreign[0]!a}{more}. "
            f"Move it elsewhere, or give another --out."
        )


def check_names(paths):
    """That every picture can have a label file of its own.

    Raises:
        InputError: if paths differ by nothing but their suffixes, or have characters that no text file can hold.
    """
    seen = {}
    for path in paths:
        if any(unicodedata.category(character) in UNWRITABLE for character in path):
            raise InputError(
                f"{path!a}: expected a name in UTF-8 without control characters, which text files can hold. Rename it."
            )
        stem = _without_suffix(path)
        if stem in seen:
            raise InputError(
                f"{seen[stem]} and {path} would share a label file, as formats name it without the suffix. Rename one."
            )
        seen[stem] = path


def coco(names, labels):
    """The text of coco.json; without a date, so that the same labels give the same file."""
    images, annotations = [], []
    for number, label in enumerate(labels, start=1):
        images.append({"id": number, "file_name": label.path, "width": label.width, "height": label.height})
        boxes, _ = detections_to_coco_annotations(_detections(label, names), number, len(annotations) + 1)
        for box, candidate in zip(boxes, label.kept, strict=True):
            box["bbox"] = [round(float(value), 1) for value in box["bbox"]]
            annotations.append({**box, "area": round(box["area"], 2), "score": candidate.score})
    content = {
        "info": {"description": "Boxes found by getnet_tf.autolabel"},
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
        size = (no_formula(label.path), label.width, label.height)
        rows += [(*size, one.name, *one.box_px, one.score, one.spread) for one in label.kept]
        if not label.kept:
            rows.append((*size, *[""] * (len(COLUMNS) - len(size))))
    return csv_text(COLUMNS, rows)


def _write_yolo(folder, root, names, labels):
    folder.mkdir()
    # Without a `path`: then the images are looked for beside this file, wherever the reader runs. Without `nc`, the number of
    # classes: CVAT takes it for a split.
    images = f"images/{SPLIT}"
    save_yaml_file({"train": images, "val": images, "names": list(names)}, folder / "data.yaml")
    for label in labels:
        shape = (label.height, label.width, 3)
        lines = detections_to_yolo_annotations(_detections(label, names), shape)
        _write(
            folder / "labels" / SPLIT / f"{_without_suffix(yolo_path(label.path))}.txt",
            "".join(f"{line}\n" for line in lines),
        )
    _link(root, {label.path: yolo_path(label.path) for label in labels}, folder / "images" / SPLIT)


def _write_voc(folder, root, names, labels):
    for label in labels:
        shape = (label.height, label.width, 3)
        text = detections_to_pascal_voc(_detections(label, names), names, label.path, shape)
        # The library names a database of its own makers.
        text = text.replace("<database>roboflow.ai</database>", "<database>getnet_tf.autolabel</database>")
        _write(folder / "Annotations" / f"{_without_suffix(label.path)}.xml", text)
    listed = "".join(f"{_without_suffix(label.path)}\n" for label in labels)
    _write(folder.parent / LISTED, listed)
    # CVAT and datumaro know the 20 classes of Pascal VOC; others they look up here.
    _write(folder / "labelmap.txt", "".join(f"{name}:::\n" for name in names))
    _link(root, {label.path: label.path for label in labels}, folder / "JPEGImages")


def _detections(label, names):
    """The kept candidates as the library takes them."""
    if not label.kept:
        return supervision.Detections.empty()
    return supervision.Detections(
        xyxy=np.array([one.box_px for one in label.kept], np.float64),
        class_id=np.array([names.index(one.name) for one in label.kept]),
        confidence=np.array([one.score for one in label.kept]),
    )


def _link(root, places, folder):
    """Makes pictures appear at a second place: dict of paths below the root -> paths below a folder.

    One by one, and as hard links if possible: readers that resolve symbolic links (Ultralytics those of folders, datumaro
    those of files) look for the label files beside the picture's first place.
    """
    if root is None:
        return
    for path, place in places.items():
        picture, there = pathlib.Path(root).absolute() / path, folder / place
        there.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # removed since it was looked at
            _link_file(picture, there)


def _link_file(picture, there):
    for link in (os.link, os.symlink, shutil.copyfile):
        try:
            return link(picture, there)
        except FileNotFoundError:
            raise
        except OSError:
            if link is shutil.copyfile:
                raise


def _foreign(folder):
    """What others put into our folders: paths relative to the folder of labels, sorted."""
    stems = _labelled(folder)
    files = {"yolo/data.yaml", "voc/labelmap.txt", LISTED}
    files |= {f"yolo/labels/{SPLIT}/{yolo_path(stem)}.txt" for stem in stems}
    files |= {f"voc/Annotations/{stem}.xml" for stem in stems}
    pictures = {f"yolo/images/{SPLIT}/{yolo_path(stem)}" for stem in stems}
    pictures |= {f"voc/JPEGImages/{stem}" for stem in stems}
    found = [path for name in FOLDERS for path in (folder / name).rglob("*")]
    names = sorted(
        path.relative_to(folder).as_posix() for path in found if path.is_symlink() or not path.is_dir()
    )
    return [
        name
        for name in names
        if name not in files
        and not (_without_suffix(name) in pictures and name.lower().endswith(PICTURE_SUFFIXES))
        and not name.endswith(MADE_AGAIN)
    ]


def _labelled(folder):
    """Of all pictures that earlier labels are about, the paths without the suffix; of a list that is damaged, none."""
    stems = set()
    with (
        contextlib.suppress(OSError, ValueError, csv.Error),
        open(folder / "labels.csv", encoding="utf-8", newline="") as file,
    ):
        stems.update(_without_suffix(row[0]) for row in csv.reader(file) if row and row[0])
    with contextlib.suppress(OSError, ValueError):
        check_own(folder / LISTED)  # a pipe has no end
        stems.update((folder / LISTED).read_text(encoding="utf-8").splitlines())
    return stems - {""}


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _replace(made, place):
    if place.is_dir():
        shutil.rmtree(place)
    os.replace(made, place)


def yolo_path(path):
    """Where a picture is below `images/train`: in no folder called "images", which readers would take for the one to look beside.

    Readers look for a label where the last "images" of a picture's path is "labels". So "images" becomes "images_", and "images_",
    which must not become the same, "images__".
    """
    *folders, name = path.split("/")
    return "/".join([*(f"{one}_" if one.rstrip("_") == "images" else one for one in folders), name])


def _without_suffix(path):
    return pathlib.PurePosixPath(path).with_suffix("").as_posix()
