"""getnet_tf.data.photo_pairs: the right pictures, as the edge sees them, and a function of (seed, step)."""

import dataclasses
import pathlib

import numpy as np
import pytest
from checks import one_line
from edge_model import PALETTE
from photo_files import write_classes

from edge_demo.model.preprocess import frame_to_input, read_picture
from getnet_tf.data.augment import Strengths, augment_batch
from getnet_tf.data.pairs import balanced_pairs
from getnet_tf.data.photo_pairs import PhotoPairs, with_partners
from getnet_tf.data.photos import Photos, from_folder
from getnet_tf.data.picture import read_rgb, stretch
from getnet_tf.errors import InputError

HW = (11, 16)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return from_folder(write_classes(tmp_path_factory.mktemp("photos"), {"cup": 4, "saw": 3, "axe": 2}))


def images_of(photos, index):
    return np.stack([stretch(read_rgb(photos.paths[i]), HW) for i in index]).astype(np.float32) / 255


def equal(batch0, batch1):
    return all(np.array_equal(batch0[name], batch1[name]) for name in batch0 | batch1)


def test_an_epoch_shows_the_drawn_pictures_and_the_next_goes_on(photos):
    """18 pairs an epoch in batches of 7: the third straddles the border."""
    pairs = PhotoPairs(photos, 3, HW)
    assert len(pairs) == 18 and pairs.left_out == ()
    drawn = [balanced_pairs(photos.labels, np.random.default_rng([3, 0, epoch])) for epoch in (0, 1)]
    index0, index1, label = (np.concatenate(both) for both in zip(*drawn, strict=True))
    for step in range(4):
        here = slice(7 * step, 7 * step + 7)
        batch = pairs.batch(step, 7)
        assert set(batch) == {"image0", "image1", "label"}
        np.testing.assert_array_equal(batch["image0"], images_of(photos, index0[here]))
        np.testing.assert_array_equal(batch["image1"], images_of(photos, index1[here]))
        np.testing.assert_array_equal(batch["label"], label[here])
        assert all(values.dtype == np.float32 for values in batch.values())


def test_a_picture_is_what_the_edge_makes_of_it(photos):
    metadata = dataclasses.replace(PALETTE, image_hw=HW)
    batch = PhotoPairs(photos, 0, HW).batch(0, 18)
    seen = np.concatenate([batch["image0"], batch["image1"]])
    for path in photos.paths:
        expected = frame_to_input(read_picture(path), metadata)
        assert (seen == expected).all(axis=(1, 2, 3)).any(), path


@pytest.mark.parametrize("augment", [None, Strengths()])
def test_a_batch_is_a_function_of_seed_and_step_only(photos, augment):
    one, other = (PhotoPairs(photos, 3, HW, augment) for _ in range(2))
    forward = [one.batch(step, 7) for step in range(5)]
    backward = [other.batch(step, 7) for step in reversed(range(5))][::-1]
    assert all(map(equal, forward, backward))
    assert not equal(forward[0], PhotoPairs(photos, 4, HW, augment).batch(0, 7))
    assert not equal(forward[0], PhotoPairs(photos, 3, HW, None if augment else Strengths()).batch(0, 7))


def test_augmentation_is_that_of_the_batch_and_never_touches_the_kept_pictures(photos):
    pairs = PhotoPairs(photos, 3, HW, Strengths())
    first = [pairs.batch(step, 9) for step in range(2)]
    assert all(map(equal, first, [pairs.batch(step, 9) for step in range(2)]))
    plain = PhotoPairs(photos, 3, HW).batch(0, 9)
    pictures = np.rint(np.concatenate([plain["image0"], plain["image1"]]) * 255).astype(np.uint8)
    expected = augment_batch(pictures, np.random.default_rng([3, 1, 0]), Strengths()).astype(np.float32) / 255
    np.testing.assert_array_equal(np.concatenate([first[0]["image0"], first[0]["image1"]]), expected)


@pytest.mark.parametrize("augment", [None, Strengths()])
def test_tf_data_gives_what_batch_gives(photos, augment):
    """Steps 2 to 7 of 5 pairs, over the border of the epoch, in order."""
    drawn = list(PhotoPairs(photos, 3, HW, augment).dataset(2, 7, 5).as_numpy_iterator())
    pairs = PhotoPairs(photos, 3, HW, augment)
    assert len(drawn) == 5 and all(
        equal(pairs.batch(step, 5), batch) for step, batch in enumerate(drawn, start=2)
    )
    spec = pairs.dataset(0, 1, 5).element_spec
    assert {name: tuple(s.shape) for name, s in spec.items()} == {
        "image0": (5, *HW, 3), "image1": (5, *HW, 3), "label": (5,),
    }  # fmt: skip


def test_once_gives_the_first_epoch_in_batches_and_a_rest(photos):
    pairs = PhotoPairs(photos, 3, HW)
    batches = list(pairs.once(size=8))
    assert [len(batch["label"]) for batch in batches] == [8, 8, 2]
    label = np.concatenate([batch["label"] for batch in batches])
    np.testing.assert_array_equal(label, balanced_pairs(photos.labels, np.random.default_rng([3, 0, 0]))[2])
    assert [len(batch["image0"]) for batch in pairs.once(limit=9, size=8)] == [8, 1]


def count_reads(monkeypatch, photos, cache_bytes):
    """Reads of each picture in three epochs, and whether the batches are right."""
    from getnet_tf.data import photo_pairs

    reads = []

    def counted(path):
        reads.append(path)
        return read_rgb(path)

    expected = [PhotoPairs(photos, 3, HW).batch(step, 18) for step in range(3)]
    monkeypatch.setattr(photo_pairs, "read_rgb", counted)
    pairs = PhotoPairs(photos, 3, HW, cache_bytes=cache_bytes)
    assert all(equal(pairs.batch(step, 18), batch) for step, batch in enumerate(expected))
    return sorted(reads.count(path) for path in photos.paths)


def test_with_room_every_picture_is_read_once(monkeypatch, photos):
    assert count_reads(monkeypatch, photos, 9 * 11 * 16 * 3) == [1] * 9


def test_without_room_for_all_the_first_ones_stay(monkeypatch, photos):
    """Room for four and a half: four are read once; five each time they lead (2 x 3) or are partners."""
    reads = count_reads(monkeypatch, photos, 9 * 11 * 16 * 3 // 2)
    assert reads[:4] == [1] * 4 and min(reads[4:]) >= 6 and sum(reads[4:]) < 3 * 36
    assert min(count_reads(monkeypatch, photos, 0)) >= 6


def made_up(*labels):
    names = tuple("abcde"[: max(labels) + 1])
    return Photos(tuple(map(str, range(len(labels)))), np.array(labels), names)


def test_classes_of_one_picture_are_left_out_and_named():
    kept, left_out = with_partners(made_up(0, 1, 2, 1, 3, 3))
    assert left_out == ("a", "c") and kept.paths == ("1", "3", "4", "5") and kept.class_names == ("b", "d")
    np.testing.assert_array_equal(kept.labels, [0, 0, 1, 1])
    pairs = PhotoPairs(made_up(0, 1, 2, 1, 3, 3), 0, HW)
    assert pairs.left_out == ("a", "c") and len(pairs) == 8 and pairs.photos.class_names == ("b", "d")


@pytest.mark.parametrize("labels", [(0, 0, 1), (0, 0, 0), (0, 1, 2)])
def test_too_few_classes_are_one_line_before_anything_is_read(labels):
    with pytest.raises(InputError, match=r"at least two classes, received [01]\.") as caught:
        PhotoPairs(made_up(*labels), 0, HW)
    assert one_line(caught.value)


def test_a_picture_that_has_gone_is_one_line(tmp_path):
    photos = from_folder(write_classes(tmp_path, {"cup": 2, "saw": 2}))
    pathlib.Path(photos.paths[3]).unlink()
    with pytest.raises(InputError, match=r"saw/1\.png: expected a picture, found no such file") as caught:
        PhotoPairs(photos, 0, HW).batch(0, 8)
    assert one_line(caught.value)


@pytest.mark.parametrize("hw", [HW, (9, 8)])
def test_whole_pictures_are_those_of_the_files_in_order(photos, hw):
    """At the network's size, where they are kept, and at another, as the encoder's may be."""
    (whole,) = PhotoPairs(photos, 3, HW).whole_pictures(hw)
    expected = np.stack([stretch(read_rgb(path), hw) for path in photos.paths]).astype(np.float32) / 255
    np.testing.assert_array_equal(whole, expected)


def test_selected_pairs_know_the_names_of_their_classes(photos):
    pairs = PhotoPairs(photos, 3, HW)
    index0, index1, label = balanced_pairs(photos.labels, np.random.default_rng([3, 0, 0]))
    selected = pairs.select([17, 4])
    np.testing.assert_array_equal(selected["image1"], images_of(photos, index1[[17, 4]]))
    np.testing.assert_array_equal(selected["label"], label[[17, 4]])
    assert selected["class0"] == [photos.class_names[photos.labels[index0[i]]] for i in (17, 4)]
