"""getnet_tf.data.splits: who goes where, that nobody goes twice, and that copies are found."""

import collections
import itertools
import os

import cv2
import numpy as np
import pytest
from checks import one_line
from photo_files import colours, write_picture

from getnet_tf.data.photos import Photos
from getnet_tf.data.splits import check_leakage, split_by_class, split_by_image
from getnet_tf.errors import InputError


def made_up(*counts):
    """Photos without files: class "c0" has counts[0] pictures "c0/0", "c0/1", ..."""
    paths = tuple(f"c{label}/{i}" for label, count in enumerate(counts) for i in range(count))
    return Photos(
        paths, np.repeat(np.arange(len(counts)), counts), tuple(f"c{i}" for i in range(len(counts)))
    )


def table(splits):
    """Pictures of each class in train, val and test, by the class's name."""
    counts = collections.defaultdict(lambda: [0, 0, 0])
    for place, name in enumerate(("train", "val", "test")):
        photos = splits[name]
        for label, path in zip(photos.labels, photos.paths, strict=True):
            assert photos.class_names[label] == path.split("/")[0]
            counts[photos.class_names[label]][place] += 1
    return counts


def paths_of(splits):
    return {name: splits[name].paths for name in ("train", "val", "test")}


def all_paths(splits):
    return sorted(path for photos in splits.values() for path in photos.paths)


BOTH = [(split_by_image, made_up(9, 30, 7, 12, 8, 10)), (split_by_class, made_up(*[2, 3, 4] * 5))]


@pytest.mark.parametrize(("split", "photos"), BOTH)
def test_every_picture_is_in_one_split_and_labels_start_at_zero(split, photos):
    for seed in range(5):
        splits = split(photos, seed)
        assert list(splits) == ["train", "val", "test"]
        assert all_paths(splits) == sorted(photos.paths)
        for part in splits.values():
            assert sorted(set(part.labels)) == list(range(len(part.class_names)))
            assert part.labels.dtype == np.int64
        table(splits)


@pytest.mark.parametrize(("split", "photos"), BOTH)
def test_a_split_is_a_function_of_its_seed(split, photos):
    assert paths_of(split(photos, 3)) == paths_of(split(photos, 3))
    assert paths_of(split(photos, 3)) != paths_of(split(photos, 4))


@pytest.mark.parametrize(
    ("count", "shares", "expected"),
    [
        (10, (0.8, 0.1, 0.1), [6, 2, 2]),  # at least two each, the rest where most is owed
        (100, (0.8, 0.1, 0.1), [80, 10, 10]),
        (11, (0.5, 0.25, 0.25), [5, 3, 3]),
        (6, (0.8, 0.1, 0.1), [2, 2, 2]),
        (5, (0.8, 0.1, 0.1), [3, 0, 2]),  # two splits; of val and test, test
        (4, (0.8, 0.1, 0.1), [2, 0, 2]),
        (4, (0.7, 0.2, 0.1), [2, 2, 0]),  # the smallest share goes without
        (3, (0.8, 0.1, 0.1), [3, 0, 0]),
        (1, (0.8, 0.1, 0.1), [1, 0, 0]),
        (9, (0.5, 0, 0.5), [5, 0, 4]),
        (5, (0, 0, 1), [0, 0, 5]),
    ],
)
def test_by_image_every_class_is_shared_out(count, shares, expected):
    splits = split_by_image(made_up(20, count), 0, shares)
    assert table(splits)["c1"] == expected


def test_a_class_that_a_split_lacks_is_not_among_its_names():
    splits = split_by_image(made_up(3, 20, 20), 0)
    assert splits["train"].class_names == ("c0", "c1", "c2")
    assert splits["test"].class_names == splits["val"].class_names == ("c1", "c2")
    assert set(splits["test"].labels) == {0, 1}


def test_by_class_no_class_is_in_two_splits():
    photos = made_up(*[2, 5, 3] * 4)
    for seed in range(5):
        splits = split_by_class(photos, seed)
        sizes = {name: len(part.class_names) for name, part in splits.items()}
        assert sizes == {"train": 7, "val": 2, "test": 3}  # of 7.2, 2.4 and 2.4
        for counts in table(splits).values():
            assert sorted(counts)[:2] == [0, 0]


def test_by_class_takes_numbers_and_leaves_out_the_rest():
    splits = split_by_class(made_up(*[2] * 12), 0, (4, 0, 3))
    assert [len(part.class_names) for part in splits.values()] == [4, 0, 3]
    assert [len(part) for part in splits.values()] == [8, 0, 6]


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ((0.6, 0.2, 0.2), "needs 6 classes.*received 5"),
        ((2, 2, 2), r"into 2 \+ 2 \+ 2 needs 6 classes, received 5"),
    ],
)
def test_too_few_classes_are_one_line(shares, message):
    with pytest.raises(InputError, match=message) as caught:
        split_by_class(made_up(*[3] * 5), 0, shares)
    assert one_line(caught.value)


@pytest.mark.parametrize("shares", [(0.8, 0.2), (0.8, 0.1, 0.2), (1.2, -0.1, -0.1), (float("nan"), 0.5, 0.5)])
def test_shares_that_are_none_are_refused(shares):
    for split in (split_by_image, split_by_class):
        with pytest.raises(ValueError, match="Invalid `shares`"):
            split(made_up(9, 9, 9, 9, 9, 9), 0, shares)


@pytest.mark.parametrize("counts", [(3, 1, 2), (3, 2), (4, -2, 2)])
def test_numbers_of_classes_that_no_split_can_have_are_refused(counts):
    with pytest.raises(ValueError, match="Invalid `shares`"):
        split_by_class(made_up(9, 9, 9, 9, 9, 9), 0, counts)


def photos_of(*paths):
    return Photos(tuple(map(str, paths)), np.zeros(len(paths), np.int64), ("cup",))


@pytest.fixture
def splits(tmp_path):
    """Nine different pictures, three in each split."""
    names = itertools.product(("train", "val", "test"), range(3))
    paths = [write_picture(tmp_path / f"{name}{i}.png", seed) for seed, (name, i) in enumerate(names)]
    return {"train": photos_of(*paths[:3]), "val": photos_of(*paths[3:6]), "test": photos_of(*paths[6:])}


def test_clean_splits_have_no_leak(splits):
    assert check_leakage(splits) == []


def test_a_file_in_two_splits_is_one_line_however_its_path_is_written(splits, tmp_path):
    os.symlink(tmp_path / "train1.png", tmp_path / "link.png")
    for again in (
        splits["train"].paths[1],
        tmp_path / "link.png",
        f"{tmp_path}/../{tmp_path.name}/train1.png",
    ):
        with pytest.raises(InputError, match="received the same file in two: ") as caught:
            check_leakage({**splits, "test": photos_of(*splits["test"].paths, again)})
        assert f"{splits['train'].paths[1]} (train) and {again} (test)" in str(caught.value)
        assert one_line(caught.value)


def test_the_same_pixels_in_two_files_are_one_line(splits, tmp_path):
    again = write_picture(tmp_path / "again.bmp", seed=2)
    with pytest.raises(InputError, match="received the same picture in two: ") as caught:
        check_leakage({**splits, "val": photos_of(again)})
    assert f"{splits['train'].paths[2]} (train) and {again} (val). " in str(caught.value)


def test_of_many_leaks_three_are_named(splits, tmp_path):
    copies = [write_picture(tmp_path / f"copy{seed}.bmp", seed) for seed in range(6)]
    with pytest.raises(InputError, match=r"copy0.*copy1.*copy2.*, and 3 more\. Remove") as caught:
        check_leakage({**splits, "test": photos_of(*copies)})
    assert "copy3" not in str(caught.value) and one_line(caught.value)


def test_a_picture_saved_again_is_reported_as_near(splits, tmp_path):
    again = tmp_path / "again.jpg"
    cv2.imwrite(str(again), colours(4)[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    near = check_leakage({**splits, "test": photos_of(again)})
    assert near == [(splits["val"].paths[1], str(again))]


def test_copies_inside_a_split_are_no_leak(splits, tmp_path):
    again = write_picture(tmp_path / "again.bmp", seed=2)
    assert check_leakage({**splits, "train": photos_of(*splits["train"].paths, again)}) == []
