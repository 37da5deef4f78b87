"""The formats: read back by their own library, and the same bytes for the same labels."""

import contextlib
import csv
import io
import json
import os
import pathlib

import numpy as np
import pytest
import supervision
from autolabel_scenes import scene, write
from checks import one_line
from PIL import Image

from edge_demo.errors import EdgeError
from getnet_tf.autolabel import formats
from getnet_tf.autolabel.label import Candidate, Failure, Label
from getnet_tf.errors import InputError

NAMES = ["cup", 'd\'or, "x"', "fruit/pear", "é ü 猫", "yes"]
BOX = (3.2, 4.0, 20.7, 15.4)


def label_of(path, *names, width=40, height=24):
    found = [Candidate(name, tuple(edge + n for edge in BOX), 0.9, True) for n, name in enumerate(names)]
    return Label(path, width, height, (*found, Candidate("cup", (0.0, 0.0, 9.0, 9.0), 0.2, False)))


LABELS = [label_of("1.png", *NAMES), label_of("2.png"), label_of("3.png", "é ü 猫", "cup")]


@pytest.fixture
def photos(tmp_path):
    for label in LABELS:
        write(tmp_path / "photos" / label.path, scene("upper_left"))
    return tmp_path / "photos"


@pytest.fixture
def out(tmp_path, photos):
    formats.write(tmp_path / "out", photos, NAMES, LABELS, [])
    return tmp_path / "out"


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def check_dataset(dataset, tolerance_px, numbered=True):
    """That a data set of `supervision` has the pictures, sizes, classes and boxes of LABELS."""
    assert not numbered or dataset.classes == NAMES
    assert sorted(pathlib.Path(path).name for path in dataset.image_paths) == ["1.png", "2.png", "3.png"]
    for path, image, found in dataset:
        label = {label.path: label for label in LABELS}[pathlib.Path(path).name]
        assert image.shape == (label.height, label.width, 3)
        assert [dataset.classes[number] for number in found.class_id] == [one.name for one in label.kept]
        boxes = np.array([one.box_px for one in label.kept]).reshape(-1, 4)
        np.testing.assert_allclose(found.xyxy, boxes, atol=tolerance_px)


def test_coco_is_read_back(out, photos):
    check_dataset(supervision.DetectionDataset.from_coco(str(photos), str(out / "coco.json")), 0.051)


def test_yolo_is_read_back(out):
    """Five decimals of 40 pixels are 0.0004."""
    read = supervision.DetectionDataset.from_yolo
    check_dataset(
        read(str(out / "yolo/images/train"), str(out / "yolo/labels/train"), str(out / "yolo/data.yaml")),
        0.001,
    )


def test_voc_is_read_back_in_whole_pixels(out):
    read = supervision.DetectionDataset.from_pascal_voc
    check_dataset(read(str(out / "voc/JPEGImages"), str(out / "voc/Annotations")), 0.501, numbered=False)


def test_coco_holds_scores_and_nothing_but_finite_numbers(out):
    content = json.loads((out / "coco.json").read_text(), parse_constant=pytest.fail)
    assert [one["score"] for one in content["annotations"]] == [0.9] * 7
    assert [one["id"] for one in content["annotations"]] == list(range(1, 8))
    assert content["annotations"][0]["bbox"] == [3.2, 4.0, 17.5, 11.4]  # x, y, width, height
    assert content["annotations"][0]["area"] == 199.5


def test_no_split_of_data_yaml_is_named_beside_the_two(out):
    """CVAT takes every name but `names` and `path` for a split; Ultralytics looks for a relative `path` where it runs."""
    text = (out / "yolo" / "data.yaml").read_text(encoding="ascii")
    assert [line.split(":")[0] for line in text.splitlines()] == ["train", "val", "names"]


def test_negatives_have_empty_label_files_and_a_csv_line_without_a_name(out):
    assert (out / "yolo/labels/train/2.txt").read_bytes() == b""
    assert "<object>" not in (out / "voc/Annotations/2.xml").read_text()
    rows = list(csv.DictReader(io.StringIO((out / "labels.csv").read_text())))
    assert [row["name"] for row in rows if row["path"] == "2.png"] == [""]


def test_csv_is_quoted_where_names_need_it(out):
    rows = list(csv.DictReader(io.StringIO((out / "labels.csv").read_text())))
    assert [row["name"] for row in rows] == [*NAMES, "", "é ü 猫", "cup"]
    assert [float(rows[0][edge]) for edge in ("xmin", "ymin", "xmax", "ymax")] == list(BOX)
    errors = formats.errors_csv([Failure("a,b.png", 'found "nothing",\nat all')])
    assert list(csv.reader(io.StringIO(errors))) == [
        ["path", "reason"],
        ["a,b.png", 'found "nothing",\nat all'],
    ]


def test_voc_names_every_class_where_cvat_looks_for_them(out):
    assert (out / "voc/labelmap.txt").read_text(encoding="utf-8").splitlines() == [
        f"{name}:::" for name in NAMES
    ]


def test_the_same_labels_give_the_same_bytes_whenever(tmp_path, photos, out):
    before = files_of(out)
    for path in photos.iterdir():
        os.utime(path, (1, 1))
    formats.write(out, photos, NAMES, LABELS, [])
    formats.write(tmp_path / "again", photos, NAMES, LABELS, [])
    assert files_of(out) == files_of(tmp_path / "again") == before
    assert {path.name for path in out.iterdir()} == {"coco.json", "yolo", "voc", "labels.csv", "errors.csv"}


def test_pictures_of_one_name_in_several_folders_stay_apart(tmp_path):
    photos, out = tmp_path / "photos", tmp_path / "out"
    labels = [label_of(f"{folder}/1.png", name) for folder, name in (("a b", "cup"), ("c/ü", "yes"))]
    for label, thing in zip(labels, ("upper_left", "lower_right"), strict=True):
        write(photos / label.path, scene(thing))
    formats.write(out, photos, NAMES, labels, [])
    dataset = supervision.DetectionDataset.from_coco(str(photos), str(out / "coco.json"))
    assert {os.path.relpath(path, photos): found.class_id.tolist() for path, _, found in dataset} == {
        "a b/1.png": [0],
        "c/ü/1.png": [4],
    }
    for folder, name, number in (("a b", "cup", "0"), ("c/ü", "yes", "4")):
        assert (out / "yolo/labels/train" / folder / "1.txt").read_text().split()[0] == number
        assert f"<name>{name}</name>" in (out / "voc/Annotations" / folder / "1.xml").read_text(
            encoding="utf-8"
        )
        for place in ("yolo/images/train", "voc/JPEGImages"):
            assert (out / place / folder / "1.png").read_bytes() == (photos / folder / "1.png").read_bytes()
    assert (out / "voc/ImageSets/Main/default.txt").read_text(encoding="utf-8") == "a b/1\nc/ü/1\n"


def test_a_folder_called_images_is_where_readers_of_yolo_look(tmp_path):
    """They look for a label where the last "images" of a picture's path is "labels" (Ultralytics, `img2label_paths`)."""
    photos, out = tmp_path / "photos", tmp_path / "out"
    labels = [
        label_of(path, "cup")
        for path in ("images/1.png", "a/images/b/1.png", "images_/1.png", "my images/1.png")
    ]
    for label in labels:
        write(photos / label.path, scene("upper_left"))
    formats.write(out, photos, NAMES, labels, [])
    shown = sorted((out / "yolo/images/train").rglob("*.png"))
    assert len(shown) == len(labels)
    for path in shown:
        looked_at = pathlib.Path("/labels/".join(str(path).rsplit("/images/", 1))).with_suffix(".txt")
        assert looked_at.read_text().startswith("0 ")
    assert [formats.yolo_path(path) for path in ("images/images.png", "images_/1.png")] == [
        "images_/images.png",
        "images__/1.png",
    ]


def test_a_spreadsheet_takes_no_path_for_a_formula(tmp_path):
    for begin in "=+-@":
        rows = formats.labels_csv([label_of(f"{begin}1.png", "cup")]).splitlines()
        assert rows[1].startswith(f"./{begin}1.png,")
        assert formats.errors_csv([Failure(f"{begin}1.png", "why")]).splitlines()[1] == f"./{begin}1.png,why"
    assert formats.errors_csv([Failure("a=1.png", "why")]).splitlines()[1] == "a=1.png,why"


def test_what_could_not_be_used_is_listed_whatever_its_name_and_no_class_of_a_bad_name_is_written(tmp_path):
    formats.write(tmp_path / "out", None, NAMES, LABELS, [Failure("caf\udce9.png", "a pipe")])
    assert "caf\\udce9.png,a pipe" in (tmp_path / "out" / "errors.csv").read_text()
    before = files_of(tmp_path)
    with pytest.raises(EdgeError, match="Rename"):
        formats.write(tmp_path / "out", None, ["bell\a"], [], [])
    assert files_of(tmp_path) == before


def test_boxes_of_a_picture_that_its_exif_data_turn_are_those_of_the_upright_one(tmp_path):
    """Stored as 24x40, shown as 40x24: readers that turn it find the size that the label says."""
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    turned = Image.fromarray(np.ascontiguousarray(np.rot90(scene("upper_left"))))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees to the right
    turned.save(photos / "1.jpg", exif=exif)
    formats.write(out, photos, NAMES, [label_of("1.jpg", "cup")], [])
    yolo = supervision.DetectionDataset.from_yolo(
        str(out / "yolo/images/train"), str(out / "yolo/labels/train"), str(out / "yolo/data.yaml")
    )
    coco = supervision.DetectionDataset.from_coco(str(photos), str(out / "coco.json"))
    for dataset in (yolo, coco):
        ((_, image, found),) = dataset
        assert image.shape == (24, 40, 3)
        np.testing.assert_allclose(found.xyxy, [BOX], atol=0.06)


@pytest.mark.parametrize(
    ("forbidden", "is_link"), [([], False), (["link"], True), (["link", "symlink"], False)]
)
def test_pictures_are_shown_by_what_the_disk_allows(tmp_path, photos, monkeypatch, forbidden, is_link):
    def forbid(*_):
        raise OSError(18, "Invalid cross-device link")

    for name in forbidden:
        monkeypatch.setattr(os, name, forbid)
    formats.write(tmp_path / "out", photos, NAMES, LABELS, [])
    shown = tmp_path / "out" / "voc" / "JPEGImages" / "1.png"
    assert shown.read_bytes() == (photos / "1.png").read_bytes()
    assert shown.is_symlink() == is_link
    assert (shown.stat().st_ino == (photos / "1.png").stat().st_ino) == (len(forbidden) < 2)


def test_the_results_may_lie_among_the_pictures_and_be_copies(photos, monkeypatch):
    monkeypatch.setattr(os, "link", _forbidden)
    monkeypatch.setattr(os, "symlink", _forbidden)
    for _ in range(2):
        formats.write(photos / "out", photos, NAMES, LABELS, [])
        assert sorted(os.listdir(photos / "out/yolo/images/train")) == ["1.png", "2.png", "3.png"]


@pytest.mark.parametrize("forbidden", [[], ["link"], ["link", "symlink"]])
def test_a_picture_that_vanished_after_it_was_labelled_does_not_stop_the_others(
    out, photos, monkeypatch, forbidden
):
    for name in forbidden:
        monkeypatch.setattr(os, name, _forbidden)
    (photos / "2.png").unlink()
    formats.write(out, photos, NAMES, LABELS, [])
    assert [path.name for path in sorted((out / "voc/JPEGImages").iterdir()) if path.exists()] == [
        "1.png",
        "3.png",
    ]


def test_without_pictures_on_this_machine_there_is_all_but_them(tmp_path):
    formats.write(tmp_path, None, NAMES, LABELS, [])
    assert (tmp_path / "yolo/labels/train/1.txt").is_file() and not (tmp_path / "yolo/images").exists()


def test_a_failure_leaves_what_was_there(out, photos, monkeypatch):
    before = files_of(out)
    monkeypatch.setattr(formats, "labels_csv", _forbidden)
    with pytest.raises(OSError, match="No space"):
        formats.write(out, photos, NAMES[:1], LABELS[1:2], [])
    assert files_of(out) == before
    assert not (out / ".partial").exists()


@pytest.mark.parametrize(
    "name",
    [
        "yolo/runs/train1/best.pt",
        "yolo/labels/train/classes.txt",
        "yolo/images/train/mine.png",
        "yolo/images/train/1.npy",
        "voc/notes.txt",
        "voc/Annotations/mine.xml",
    ],
)
def test_files_of_others_in_the_folders_of_labels_are_named_and_refused(out, name):
    formats.check_folder(out)
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    (out / name).write_text("mine")
    with pytest.raises(InputError, match=f"which new ones replace, received: '{name}'. Move it") as caught:
        formats.check_folder(out)
    assert one_line(caught.value)


@pytest.mark.parametrize("name", ["yolo/labels/train.cache", "yolo/.DS_Store", "voc/JPEGImages/Thumbs.db"])
def test_what_others_make_again_is_in_nobodys_way(out, name):
    (out / name).write_text("made again")
    formats.check_folder(out)


def test_a_link_among_the_labels_is_anothers_and_several_are_counted(tmp_path, out):
    (out / "voc" / "more").symlink_to(tmp_path)
    (out / "yolo" / "runs.txt").write_text("mine")
    with pytest.raises(InputError, match=r"received: 'voc/more' and 1 more\."):
        formats.check_folder(out)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("coco.json", "folder"), ("errors.csv", "folder"), ("labels.csv", "folder"), ("voc", "file")],
)
def test_a_folder_in_the_place_of_a_file_is_refused_and_a_file_in_that_of_a_folder(tmp_path, name, kind):
    (tmp_path / name).mkdir() if kind == "folder" else (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match=f"received: a {kind} called {name}"):
        formats.check_folder(tmp_path)


def test_labels_of_odd_names_are_known_again_even_if_a_kill_came_while_they_were_replaced(
    tmp_path, monkeypatch
):
    photos, out = tmp_path / "photos", tmp_path / "out"
    earlier = [label_of(path, "cup") for path in ("=1.png", "images/1.2.JPG", "a, b/ü.png")]
    later = [label_of("other.png", "cup")]
    for label in (*earlier, *later):
        write(photos / label.path, scene("upper_left"))
    formats.write(out, photos, NAMES, earlier, [])
    true_replace = formats._replace
    for reached in range(len(formats.FORMATS) + 1):
        places = iter(range(reached))

        def until(made, place, places=places):
            if next(places, None) is None:
                raise KeyboardInterrupt
            true_replace(made, place)

        monkeypatch.setattr(formats, "_replace", until)
        with contextlib.suppress(KeyboardInterrupt):
            formats.write(out, photos, NAMES, later, [])
        formats.check_folder(out)
        monkeypatch.setattr(formats, "_replace", true_replace)
        formats.write(out, photos, NAMES, earlier, [])


def test_what_a_kill_left_is_cleared_away(tmp_path, photos):
    write(tmp_path / "out" / ".partial" / "voc" / "1.png", scene("upper_left"))
    formats.write(tmp_path / "out", photos, NAMES, LABELS, [])
    assert not (tmp_path / "out" / ".partial").exists()


@pytest.mark.parametrize(
    "paths", [["a/1.png", "a/1.jpg"], ["a\nb.png"], [os.fsdecode(b"caf\xe9.png")], ["a\x01.png"]]
)
def test_names_that_label_files_cannot_have_are_one_line(paths):
    with pytest.raises(InputError, match="Rename") as caught:
        formats.check_names(paths)
    assert one_line(caught.value)
    str(caught.value).encode("utf-8")


def test_other_names_are_fine():
    formats.check_names(
        ["a/1.png", "b/1.png", "1.2.png", "1.3.png", "é 猫\u202f3:04\xa0PM.png", "🦊.jpg", "\"';#%.png"]
    )


def _forbidden(*_):
    raise OSError(28, "No space left on device")
