"""getnet_tf.data.map_batches: every batch is a function of (seed, step), its labels and boxes are right."""

import numpy as np
import pytest

from getnet_tf.data.map_batches import (
    GivenPairBatches,
    IndividualBatches,
    SiameseBatches,
    TransformerBatches,
)
from getnet_tf.data.pair_csv import LabelledPairs

LABELS = np.repeat(np.arange(6), 5)  # six classes of five photos
VIEWS = 3


def numbered(count):
    """Maps (count, 1, 1, 1) whose only value is their number."""
    return np.arange(count, dtype=np.float16)[:, None, None, None]


def siamese(labels=LABELS, size=16, seed=0):
    count = VIEWS * len(labels)
    return SiameseBatches(numbered(count), np.arange(count)[:, None], labels, size, seed)


def individuals(size=8, seed=0, kind=IndividualBatches):
    """Twelve things of two photos; 0 to 3 look alike, and so do 4 to 7 and 8 to 11: of three kinds, a direction each, a bit apart."""
    labels = np.repeat(np.arange(12), 2)
    start = np.eye(3)[labels // 4] + 0.1 * np.random.default_rng(5).random((24, 3))
    return kind(numbered(24 * VIEWS), np.tile(start, (VIEWS, 1)), labels, size, seed)


def given(size=12, seed=0):
    """Eight pairs over six photos; two of label 1, (0, 1) and (2, 3), and six of label 0."""
    rows = [(0, 1, 1), (2, 3, 1), (0, 2, 0), (0, 3, 0), (1, 4, 0), (1, 5, 0), (2, 4, 0), (3, 5, 0)]
    index0, index1, label = np.array(rows).T
    pairs = LabelledPairs(tuple("abcdef"), index0, index1, label.astype(np.float32))
    return GivenPairBatches(numbered(6 * VIEWS), np.arange(6 * VIEWS)[:, None], pairs, size, seed)


def transformer(labels=LABELS, objects=3, size=40, seed=0, **shares):
    """Twenty scenes of 100 pixels, in each the photos 0, 5, 10 and so on of the first classes, some hardly visible.

    Object n of scene s lies at (s, 10 n, s + 20, 10 n + 5). Two references of each photo.
    """
    count, scenes = len(labels), 20
    photo, visible, box = np.full((scenes, 8), -1), np.zeros((scenes, 8)), np.zeros((scenes, 8, 4))
    first = np.array([np.flatnonzero(labels == c)[0] for c in range(objects)])
    for s in range(scenes):
        photo[s, :objects], visible[s, :objects] = first, 1.0
        visible[s, 0] = 0.3
        for n in range(objects):
            box[s, n] = s, 10 * n, s + 20, 10 * n + 5
    facts = {"photo": photo, "visible": visible, "box": box.astype(np.float32)}
    maps = tuple(hundreds + numbered(scenes) for hundreds in (0, 100, 200))
    references = tuple(hundreds + numbered(2 * count) for hundreds in (0, 100, 200))
    photo_of = np.arange(2 * count) % count
    return TransformerBatches(maps, facts, references, photo_of, labels, 100, size, seed=seed, **shares)


@pytest.mark.parametrize("make", [siamese, individuals, given, transformer])
def test_a_batch_is_a_function_of_seed_and_step(make):
    batches, again = make(), make()
    before = [batches(step) for step in range(4)]
    for step in (3, 0):
        for name, values in again(step).items():
            np.testing.assert_array_equal(values, before[step][name], err_msg=name)
    first = "fine" if make is transformer else "maps"
    assert not np.array_equal(before[0][first], before[1][first])
    assert not np.array_equal(before[0][first], make(seed=1)(0)[first])


@pytest.mark.parametrize("make", [siamese, individuals, given, transformer])
def test_a_dataset_gives_the_batches_of_its_steps_in_order(make):
    batches = make()
    drawn = list(batches.dataset(2, 6).as_numpy_iterator())
    assert len(drawn) == 4
    for step, batch in enumerate(drawn, 2):
        expected = batches(step)
        assert set(batch) == set(expected) and {values.dtype for values in expected.values()} == {
            np.dtype("f4")
        }
        for name in batch:
            np.testing.assert_array_equal(batch[name], expected[name], err_msg=name)
    for name, spec in batches.dataset(0, 1).element_spec.items():
        assert spec.shape == expected[name].shape, name


def things_of(batch):
    return np.unique(batch["maps"][:, 0, 0, 0].astype(int) % 24 // 2)


def test_a_thing_meets_its_look_alikes():
    """Of eight views, four of either of two things, which are of one kind; things drawn alike seldom are."""
    drawn = [things_of(individuals()(step)) for step in range(30)]
    assert all(len(things) == 2 and len(set(things // 4)) == 1 for things in drawn)
    assert len({tuple(things) for things in drawn}) > 10
    alike = [things_of(individuals(kind=SiameseBatches)(step)) // 4 for step in range(30)]
    assert sum(len(set(kinds)) == 1 for kinds in alike) < 20


def test_every_thing_comes_once_where_a_batch_has_room_for_all():
    assert list(things_of(individuals(size=48)(0))) == list(range(12))


@pytest.mark.parametrize(("size", "classes", "least"), [(16, 4, 4), (18, 4, 4), (4, 2, 2), (40, 6, 6)])
def test_a_siamese_batch_holds_some_views_of_some_classes(size, classes, least):
    """Of 16 views, four of each of four classes; never fewer than two classes, nor more than there are."""
    for step in range(10):
        batch = siamese(size=size)(step)
        number = batch["maps"][:, 0, 0, 0].astype(int)
        label = np.tile(LABELS, VIEWS)[number]
        assert len(number) == size and len(set(number)) == size
        drawn, counts = np.unique(label, return_counts=True)
        assert len(drawn) == classes and counts.min() >= least and counts.max() - counts.min() <= 1
        np.testing.assert_array_equal(batch["start"][:, 0], number)
        np.testing.assert_array_equal(batch["label"], label[:, None] == label[None])
        np.testing.assert_array_equal(batch["known"], 1 - np.eye(size))


def test_a_class_of_few_views_shows_some_of_them_again():
    """Two classes of two photos have six views each; eight are wanted of either."""
    batch = siamese(np.array([0, 0, 1, 1]))(0)
    number = batch["maps"][:, 0, 0, 0].astype(int)
    assert len(set(number)) <= 12 and batch["label"].sum() == 2 * 8 * 8


def test_a_batch_of_given_pairs_knows_these_and_no_others():
    """Twelve views: six pairs, three of either label, row i and row i + 6, both ways; whichever views they are."""
    batches = given()
    for step in range(10):
        batch = batches(step)
        photo = batch["maps"][:, 0, 0, 0].astype(int) % 6
        known = np.zeros((12, 12))
        for i in range(6):
            known[i, i + 6] = known[i + 6, i] = 1
        np.testing.assert_array_equal(batch["known"], known)
        labels = []
        for i in range(6):
            label = float((photo[i], photo[i + 6]) in {(0, 1), (2, 3)})
            assert batch["label"][i, i + 6] == batch["label"][i + 6, i] == label
            labels.append(label)
        assert sum(labels) == 3 and batch["label"].sum() == 6
        np.testing.assert_array_equal(batch["start"][:, 0], batch["maps"][:, 0, 0, 0])
    views = np.concatenate([batches(step)["maps"][:, 0, 0, 0] // 6 for step in range(10)])
    assert set(views) == {0, 1, 2}


def test_given_pairs_of_a_label_take_turns():
    """Six pairs of label 0, three a batch: in every two batches each comes once."""
    batches = given()
    for step in (0, 2, 4):
        drawn = []
        for batch in (batches(step), batches(step + 1)):
            photo = batch["maps"][:, 0, 0, 0].astype(int) % 6
            drawn += [
                (photo[i], photo[i + 6])
                for i in range(6)
                if batch["known"][i, i + 6] > batch["label"][i, i + 6]
            ]
        assert sorted(drawn) == [(0, 2), (0, 3), (1, 4), (1, 5), (2, 4), (3, 5)]


def drawn_of(batches, steps=5):
    """(scene, object or None, reference's photo, label) of many pairs, with what holds for each of them checked."""
    found = []
    for step in range(steps):
        batch = batches(step)
        for i, label in enumerate(batch["label"]):
            scene, reference = int(batch["fine"][i, 0, 0, 0]), int(batch["reference_fine"][i, 0, 0, 0])
            for name, hundreds in (("coarse", 100), ("evidence", 200)):
                assert batch[name][i, 0, 0, 0] == hundreds + scene
                assert batch[f"reference_{name}"][i, 0, 0, 0] == hundreds + reference
            box, place = batch["box"][i], None
            if label:
                place = round(float(box[1]) * 10)
                expected = [scene / 100, place / 10, scene / 100 + 0.2, place / 10 + 0.05]
                np.testing.assert_allclose(box, expected, atol=1e-6)
            else:
                assert not box.any()
            found.append((scene, place, reference % len(batches.labels), label))
    return found


def test_a_reference_shows_the_class_of_the_object_whose_box_it_is():
    """All pairs positive. The first object of each scene is hardly visible, and nobody looks for it."""
    found = drawn_of(transformer())
    assert {place for _, place, _, _ in found} == {1, 2}
    assert len({scene for scene, *_ in found}) == 20
    for _, place, photo, label in found:
        assert label == 1 and LABELS[photo] == place
    assert len({photo for _, _, photo, _ in found}) == 10


def test_references_can_all_be_of_the_object_itself():
    """Of classes 1 and 2 the photos in the scenes are 5 and 10."""
    for _, place, photo, _ in drawn_of(transformer(own_share=1.0)):
        assert photo == 5 * place


def test_negatives_show_classes_that_the_scene_does_not_hold():
    """Scenes hold the classes 0 (if hardly), 1 and 2."""
    found = drawn_of(transformer(negative_share=0.5))
    negative = [LABELS[photo] for *_, photo, label in found if not label]
    assert set(negative) == {3, 4, 5}
    assert 0.3 < len(negative) / len(found) < 0.7
    for _, place, photo, label in found:
        assert not label or LABELS[photo] == place


def test_where_scenes_hold_every_class_there_are_no_negatives():
    for _, place, photo, label in drawn_of(transformer(np.repeat(np.arange(3), 4), negative_share=1.0)):
        assert label == 1 and place == photo // 4
