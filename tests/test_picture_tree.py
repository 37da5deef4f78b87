"""How folders are walked: links, results of ours, and what is counted instead of read; the same for labelling and for training."""

import os

import pytest
from photo_files import write_classes, write_picture

from getnet_tf.autolabel.pictures import pictures_among, pictures_of
from getnet_tf.data.photos import from_folder
from getnet_tf.data.picture_folder import picture_files
from getnet_tf.data.picture_tree import tree_of


def below(tree, found):
    return {tree.below(path): reason for path, reason in found}


def test_links_to_folders_are_followed_once_and_a_folders_own_name_counts(tmp_path):
    """`a` and `loop` lead to what is there anyway; `far` leads out of the root, and back into it by `b`."""
    write_picture(tmp_path / "root" / "z" / "1.png")
    write_picture(tmp_path / "elsewhere" / "2.png")
    for link, target in {
        "root/a": "z",
        "root/loop": ".",
        "root/far": "../elsewhere",
        "elsewhere/b": "../root",
    }.items():
        os.symlink(target, tmp_path / link)
    tree = tree_of(tmp_path / "root")
    assert [tree.below(path) for path in tree.pictures] == ["far/2.png", "z/1.png"]
    assert set(below(tree, tree.passed_by)) == {"a", "loop", "far/b"}


def test_labelling_and_training_see_the_same_pictures_behind_links(tmp_path):
    write_classes(tmp_path / "far", {"cup": 2, "pen": 2})
    (tmp_path / "photos").mkdir()
    for name in ("cup", "pen"):
        os.symlink(f"../far/{name}", tmp_path / "photos" / name)
    paths, failures = pictures_of(tmp_path / "photos")
    photos = from_folder(tmp_path / "photos")
    assert [str(tmp_path / "photos" / path) for path in paths] == list(photos.paths)
    assert failures == [] and photos.skipped == () and photos.class_names == ("cup", "pen")


RESULTS = {
    "labels": ("coco.json", "labels.csv", "errors.csv"),
    "a training": ("config.json", "log.csv"),
    "figures": ("roc.png", "distances.png"),
    "snapshots": ("events.jsonl", "20260501T101500.250Z-cup.jpg"),
}


@pytest.mark.parametrize("what", RESULTS)
def test_results_of_ours_among_the_photos_are_left_out_and_said(what, tmp_path, capsys):
    write_picture(tmp_path / "1.png")
    write_picture(tmp_path / "old" / "yolo" / "images" / "train" / "1.png")
    for name in RESULTS[what]:
        (tmp_path / "old" / name).touch()
    assert pictures_of(tmp_path) == (["1.png"], [])
    printed = capsys.readouterr().err
    assert f"{tmp_path}/old: {what}" in printed and printed.count("\n") == 1
    assert "old/yolo/images/train/1.png" not in tree_of(tmp_path).pictures
    assert len(tree_of(tmp_path / "old" / "yolo").pictures) == 1  # whoever asks for them gets them


def test_labels_that_were_not_finished_are_results_and_a_journal_of_anything_else_is_none(tmp_path):
    write_picture(tmp_path / "old" / "1.png")
    (tmp_path / "old" / "journal.jsonl").write_text('{"day": "it rained"}\n')
    assert len(tree_of(tmp_path).pictures) == 1
    (tmp_path / "old" / "journal.jsonl").write_text('{"version": 1, "model": "0f"}\n')
    assert tree_of(tmp_path).pictures == []


def test_what_can_not_be_read_is_counted_everywhere(tmp_path, capsys):
    write_classes(tmp_path, {"cup": 12, "pen": 12})
    os.mkfifo(tmp_path / "cup" / "pipe.jpg")
    (tmp_path / "pen" / "IMG_1.HEIC").write_bytes(b"heic")
    paths, failures = pictures_of(tmp_path)
    assert len(paths) == 24
    assert [one.path for one in failures] == ["cup/pipe.jpg", "pen/IMG_1.HEIC"]
    skipped = dict(from_folder(tmp_path).skipped)
    assert "a pipe" in skipped[f"{tmp_path}/cup/pipe.jpg"] and "HEIC" in skipped[f"{tmp_path}/pen/IMG_1.HEIC"]
    assert len(picture_files(tmp_path, 100)) == 24
    assert "Left out, 2 in all: " in capsys.readouterr().err
    listed, failures = pictures_among("gs://bucket", ["b/1.HEIC", "a/1.png", ".x/2.png", "c.csv"])
    assert listed == ["a/1.png"] and [one.path for one in failures] == ["b/1.HEIC"]
