"""getnet_tf.data.source: digits or photos, as splits and as pairs."""

import numpy as np
import pytest
from checks import one_line
from photo_files import write_classes, write_pairs, write_picture

from getnet_tf.config import DataConfig
from getnet_tf.data import digits, source
from getnet_tf.errors import InputError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four classes of eight pictures each."""
    counts = {"cup": 8, "tool/saw": 8, "tool/file": 8, "box": 8}
    return write_classes(tmp_path_factory.mktemp("photos"), counts)


def test_a_folder_and_a_set_of_tensorflow_datasets_hold_photos_everything_else_digits(folder):
    assert source.is_photos(str(folder)) and source.is_photos("tfds:tf_flowers")
    assert source.is_photos("labelled.CSV") and source.is_photos("no/such/file.csv")
    others = ("digits", "mnist", "mnist.npz", str(folder / "none"), "")
    assert not any(source.is_photos(name) for name in others)


@pytest.mark.parametrize("name", ["gone.npz", "gone/", "digit", ""])
def test_what_is_missing_is_one_line_that_names_every_kind_of_data(name):
    with pytest.raises(InputError, match=r"a folder of photos per class, an \.npz .*--data digits") as caught:
        source.load(DataConfig(name))
    assert one_line(caught.value) and f"No such data: {name}." in str(caught.value)


def test_digits_are_split_as_ever(digits_file):
    splits, expected = source.load(DataConfig(str(digits_file))), digits.load(str(digits_file))
    for name, part in expected.items():
        np.testing.assert_array_equal(splits[name].images, part.images)


def test_photos_split_by_image_share_classes_and_no_file(folder):
    splits = source.load(DataConfig(str(folder)))
    files = [set(part.paths) for part in splits.values()]
    assert sum(map(len, files)) == len(set.union(*files)) == 32
    assert all(part.class_names == ("box", "cup", "tool/file", "tool/saw") for part in splits.values())


def test_photos_split_by_class_share_no_class(tmp_path):
    folder = write_classes(tmp_path, {f"class{i}": 2 for i in range(8)})
    splits = source.load(DataConfig(str(folder), split_by="class"))
    names = [set(part.class_names) for part in splits.values()]
    assert sum(map(len, names)) == len(set.union(*names)) == 8


def test_too_few_pictures_for_a_split_say_how_many_will_do(tmp_path):
    folder = write_classes(tmp_path, {"cup": 3, "saw": 3})
    with pytest.raises(
        InputError, match=r"too few for val \(6 pictures of 2 classes\).*6 of each class will do"
    ):
        source.load(DataConfig(str(folder)))


def test_six_pictures_of_each_class_will_do(tmp_path):
    folder = write_classes(tmp_path, {"cup": 6, "saw": 6})
    splits = source.load(DataConfig(str(folder)))
    assert all(part.class_names == ("cup", "saw") for part in splits.values())
    assert sum(map(len, splits.values())) == 12


def test_pairs_of_a_csv_file_are_split_without_a_common_picture(tmp_path, capsys):
    """Ten groups of four pictures in rings: eight, one and one; each pair is shown with its own label."""
    config = DataConfig(str(write_pairs(tmp_path, 10)))
    splits = source.load(config)
    assert [len(part.paths) for part in splits.values()] == [32, 4, 4]
    assert capsys.readouterr().err == ""
    pairs = source.pairs_of(splits["val"], config, (12, 16), seed=1)
    (batch,) = pairs.once()
    assert len(pairs) == len(batch["label"]) == 4 and batch["label"].sum() == 2
    assert batch["image0"].shape == (4, 12, 16, 3)
    places = [pairs._epoch(0)[i] for i in range(3)]
    shown = {(pairs.paths[i], pairs.paths[j], label) for i, j, label in zip(*places, strict=True)}
    given = {(splits["val"].paths[i], splits["val"].paths[j], label)
             for i, j, label in zip(splits["val"].index0, splits["val"].index1, splits["val"].label, strict=True)}  # fmt: skip
    assert shown == given
    np.testing.assert_array_equal(batch["label"], places[2])
    np.testing.assert_array_equal(batch["image0"][0] * 255, pairs._picture(places[0][0]))


def test_pairs_lost_between_the_splits_are_counted(tmp_path, capsys):
    path = write_pairs(tmp_path, 10)
    chain = [f"{n}-0.png,{n + 1}-2.png,0" for n in range(9)]
    path.write_text(path.read_text() + "\n".join(chain) + "\n")
    splits = source.load(DataConfig(str(path)))
    lost = 49 - sum(map(len, splits.values()))
    notice = capsys.readouterr().err.rstrip("\n")
    assert one_line(notice) and f"{lost} of 49 pairs left out" in notice and lost > 0


def test_pairs_know_no_classes_to_split_by(tmp_path):
    with pytest.raises(
        InputError, match=r"pairs\.csv: pairs know no classes.*Leave out --split-by"
    ) as caught:
        source.load(DataConfig(str(write_pairs(tmp_path, 3)), split_by="class"))
    assert one_line(caught.value)


def test_one_picture_under_two_names_does_not_slip_into_two_splits(tmp_path):
    path = write_pairs(tmp_path, 3)
    write_picture(tmp_path / "2-0.png", seed=0)  # what 0-0.png shows
    with pytest.raises(InputError, match=r"the same picture in two.*0-0\.png"):
        source.load(DataConfig(str(path)))


def test_what_is_left_out_is_named(tmp_path, capsys):
    folder = write_classes(tmp_path, {"cup": 8, "saw": 8})
    (folder / "cup" / "broken.jpg").write_bytes(b"no picture")
    source.load(DataConfig(str(folder)))
    notice = capsys.readouterr().err
    assert notice.startswith("1 left out: ") and notice.count("broken.jpg") == 1


def test_pairs_have_the_shape_of_the_network(folder, digits_file):
    config = DataConfig(str(folder))
    pairs = source.pairs_of(source.load(config)["train"], config, (20, 28), seed=1)
    batch = pairs.batch(0, 3)
    assert batch["image0"].shape == (3, 20, 28, 3) and "box0" not in batch
    config = DataConfig(str(digits_file))
    batch = source.pairs_of(source.load(config)["val"], config, (60, 60), seed=1).batch(0, 2)
    assert batch["image0"].shape == (2, 60, 60, 1) and batch["box0"].shape == (2, 4)


@pytest.mark.parametrize("augment", [False, True])
def test_only_augmented_photos_vary_from_one_look_to_the_next(folder, augment):
    """An epoch has 64 pairs, two for each of 32 pictures: both looks at a picture come from one file."""
    config = DataConfig(str(folder))
    pairs = source.pairs_of(source.load(config)["train"], config, (16, 16), 1, augment)
    batch = pairs.batch(0, len(pairs))
    looks = {image.tobytes() for image in np.concatenate([batch["image0"], batch["image1"]])}
    pictures = len(pairs) // 2
    assert (len(looks) > pictures) if augment else (len(looks) == pictures)


def test_the_image_is_that_of_the_digits_or_a_square_of_photos(folder):
    assert source.image_shape(DataConfig(), 160) == (60, 60, 1)
    assert source.image_shape(DataConfig(str(folder)), 160) == (160, 160, 3)
