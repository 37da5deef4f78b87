"""getnet_tf.data.tfds_photos: a prepared set of TensorFlow Datasets becomes class folders, once, without a network."""

import pathlib
import sys
import types

import numpy as np
import pytest
from checks import one_line
from photo_files import colours

from getnet_tf.data.picture import read_rgb
from getnet_tf.data.tfds_photos import folder_name, from_tfds
from getnet_tf.errors import InputError

CLASSES = ["cup", "knife/fork", ".dot", "café 1%"]


def prepare(data_dir, features, keys, examples):
    """Writes a set named `tiny` as TFDS would keep it, with a train and a test split; returns its folder."""
    import tensorflow_datasets as tfds

    with tfds.core.registered.skip_registration():  # so that only the files say what the set is

        class Tiny(tfds.core.GeneratorBasedBuilder):
            VERSION = tfds.core.Version("1.2.3")

            def _info(self):
                described = tfds.features.FeaturesDict(features(tfds.features))
                return tfds.core.DatasetInfo(builder=self, features=described, supervised_keys=keys)

            def _split_generators(self, _):
                return {split: self._generate_examples(split) for split in ("train", "test")}

            def _generate_examples(self, split):
                yield from enumerate(examples(split))

    builder = Tiny(data_dir=data_dir)
    builder.download_and_prepare()
    return pathlib.Path(builder.data_dir)


def pictures(features):
    label = features.ClassLabel(names=CLASSES)
    return {"image": features.Image(shape=(None, None, 3)), "label": label, "mask": features.Image()}


def twelve_and_an_unlabelled(split):
    """Three pictures of each class: 2 to train, 1 to test; pictures 0 to 7 and 100 to 103."""
    mask = np.zeros((8, 8, 3), np.uint8)
    for i in range(8 if split == "train" else 4):
        yield {"image": colours(i + 100 * (split == "test")), "label": i % 4, "mask": mask}
    if split == "train":
        yield {"image": colours(50), "label": -1, "mask": mask}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    prepare(folder, pictures, ("image", "label"), twelve_and_an_unlabelled)
    return folder


@pytest.fixture(scope="module")
def photos(data_dir):
    return from_tfds("tiny", data_dir)


def test_every_labelled_picture_of_every_split_is_there_in_its_class(photos):
    assert sorted(photos.class_names) == sorted(CLASSES) and len(photos) == 12 and photos.skipped == ()
    for path, label in zip(photos.paths, photos.labels, strict=True):
        seed = next(s for s in (*range(8), *range(100, 104)) if (read_rgb(path) == colours(s)).all())
        assert photos.class_names[label] == CLASSES[seed % 100 % 4]
        assert pathlib.Path(path).name.startswith("test-" if seed >= 100 else "train-")


def test_the_export_lies_beside_the_prepared_data_and_is_not_repeated(photos, data_dir):
    folder = data_dir / "tiny" / "1.2.3" / "class_folders"
    assert sorted(path.name for path in folder.iterdir()) == [
        "%2Edot",
        "caf%C3%A9 1%25",
        "cup",
        "knife%2Ffork",
    ]
    pathlib.Path(photos.paths[0]).rename(folder / "cup" / "renamed.png")
    again = from_tfds("tiny", data_dir)
    assert len(again) == 12 and any(path.endswith("renamed.png") for path in again.paths)
    pathlib.Path(folder / "cup" / "renamed.png").rename(photos.paths[0])


def test_the_folder_of_the_set_itself_and_another_cache_do_too(photos, data_dir, tmp_path):
    other = from_tfds("whatever", data_dir / "tiny" / "1.2.3", cache=tmp_path / "deep" / "cache")
    assert [path.rsplit("/", 2)[1:] for path in other.paths] == [p.rsplit("/", 2)[1:] for p in photos.paths]
    assert all(path.startswith(str(tmp_path)) for path in other.paths)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["cache"]


def test_damaged_data_is_one_line_and_leaves_nothing_behind(data_dir, tmp_path):
    import shutil

    folder = shutil.copytree(
        data_dir / "tiny" / "1.2.3", tmp_path / "1.2.3", ignore=lambda *_: ["class_folders"]
    )
    for path in folder.glob("*.tfrecord*"):
        path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"DataLossError.*prepare it again") as caught:
        from_tfds("tiny", folder)
    assert one_line(caught.value)
    assert not (folder / "class_folders").exists() and not list(folder.glob(".partial*"))


def test_a_set_without_class_labels_is_one_line(tmp_path):
    folder = prepare(
        tmp_path,
        lambda features: {"image": features.Image(), "label": features.Text()},
        ("image", "label"),
        lambda _: [{"image": colours(0), "label": "a cup"}],
    )
    with pytest.raises(InputError, match="pictures with one class label each") as caught:
        from_tfds("tiny", folder)
    assert one_line(caught.value)


def test_a_set_that_tfds_does_not_know_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"could not provide `no_such_set`.*Without a network") as caught:
        from_tfds("no_such_set", tmp_path)
    assert one_line(caught.value)


@pytest.mark.parametrize(
    "failure", [ConnectionError("no route\nto host"), RuntimeError(), OSError(28, "full")]
)
def test_without_a_network_it_says_what_to_use_instead(failure, monkeypatch):
    def builder(name, data_dir):
        raise failure

    monkeypatch.setitem(sys.modules, "tensorflow_datasets", types.SimpleNamespace(builder=builder))
    with pytest.raises(
        InputError, match=r"TFDS_DATA_DIR .*, or give a folder with a folder of pictures"
    ) as caught:
        from_tfds("food101")
    assert one_line(caught.value) and type(failure).__name__ in str(caught.value)


def test_without_its_package_it_says_what_to_install(without_modules):
    without_modules("tensorflow_datasets")
    with pytest.raises(InputError, match=r"tensorflow_datasets.*pip install") as caught:
        from_tfds("food101")
    assert one_line(caught.value)


@pytest.mark.parametrize("name", ["..", ".", "a/b", "/etc", "a%2Fb", "Ж", " "])
def test_no_class_name_leaves_its_folder(name):
    import urllib.parse

    quoted = folder_name(name)
    assert "/" not in quoted and not quoted.startswith(".") and urllib.parse.unquote(quoted) == name
