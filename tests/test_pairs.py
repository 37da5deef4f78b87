"""getnet_tf.data.pairs: balanced, never a picture with itself, and a function of (seed, step)."""

import numpy as np
import pytest
from checks import one_line

from getnet_tf.config import DataConfig
from getnet_tf.data import digits
from getnet_tf.data.pairs import DigitPairs, balanced_pairs, balanced_turns
from getnet_tf.errors import InputError

LABELS = {
    "even": np.repeat(np.arange(10), 6),
    "uneven": np.array([3, 3, 7, 7, 7, 7, 7, 7, 7, 7, 1, 1, 1]),
    "smallest": np.array([0, 1, 0, 1]),
    "shuffled": np.random.default_rng(0).permutation(np.repeat([5, 2, 9], [2, 11, 5])),
}


@pytest.fixture(params=LABELS)
def labels(request):
    return LABELS[request.param]


@pytest.fixture
def drawn(labels):
    return balanced_pairs(labels, np.random.default_rng(0))


def test_half_the_pairs_are_same_and_every_picture_leads_one_of_each(labels, drawn):
    index0, _, label = drawn
    assert len(label) == 2 * len(labels) and label.dtype == np.float32
    for value in (0, 1):
        assert sorted(index0[label == value]) == list(range(len(labels)))


def test_labels_say_whether_the_classes_agree_and_no_picture_meets_itself(labels):
    for seed in range(20):
        index0, index1, label = balanced_pairs(labels, np.random.default_rng(seed))
        np.testing.assert_array_equal(label == 1, labels[index0] == labels[index1])
        assert (index0 != index1).all()


def test_every_possible_partner_is_drawn_equally_often():
    """Picture 0 of class "a" (3) has two partners of its class and four of others: 1/2 and 1/4 each."""
    labels = np.array(list("aaabbcc"))
    same, different = np.zeros(7), np.zeros(7)
    rng, rounds = np.random.default_rng(0), 4000
    for _ in range(rounds):
        index0, index1, label = balanced_pairs(labels, rng)
        for partner, is_same in zip(index1[index0 == 0], label[index0 == 0], strict=True):
            (same if is_same else different)[partner] += 1
    # Five standard deviations of a binomial share over 4,000 draws: 0.04.
    np.testing.assert_allclose(same / rounds, [0, 0.5, 0.5, 0, 0, 0, 0], atol=0.04)
    np.testing.assert_allclose(different / rounds, [0, 0, 0, 0.25, 0.25, 0.25, 0.25], atol=0.035)


def test_the_order_is_shuffled():
    _, _, label = balanced_pairs(LABELS["even"], np.random.default_rng(0))
    assert 0.3 < label[:60].mean() < 0.7


def test_one_class_is_refused_in_one_line():
    with pytest.raises(InputError, match=r"at least two classes, received 1") as caught:
        balanced_pairs(np.array([4, 4, 4]), np.random.default_rng(0))
    assert one_line(caught.value)


@pytest.mark.parametrize(
    ("labels", "name"), [(np.array([4, 4, 7]), "7"), (np.array(["cup", "cup", "fork"]), "fork")]
)
def test_a_class_of_one_picture_is_refused_by_name(labels, name):
    with pytest.raises(InputError, match=f"Class '?{name}'? has a single picture") as caught:
        balanced_pairs(labels, np.random.default_rng(0))
    assert one_line(caught.value)


def make_pairs(few_digits, seed=3, variant="noise", augment=False, count=30):
    images, labels = few_digits
    order = np.argsort(np.arange(len(labels)) % 12, kind="stable")[:count]  # some of every class
    return DigitPairs(digits.Digits(images[order], labels[order]), DataConfig(variant=variant), seed, augment)


def equal(batch0, batch1):
    return all(np.array_equal(batch0[name], batch1[name]) for name in batch0 | batch1)


@pytest.mark.parametrize("variant", ["noise", "cluttered", "scaled"])
def test_a_batch_is_a_function_of_seed_and_step_only(few_digits, variant):
    one, other = (make_pairs(few_digits, variant=variant, augment=True) for _ in range(2))
    forward = [one.batch(step, 7) for step in range(12)]
    backward = [other.batch(step, 7) for step in reversed(range(12))][::-1]
    assert all(map(equal, forward, backward))
    assert not equal(forward[0], forward[1])
    assert not equal(forward[0], make_pairs(few_digits, seed=4, variant=variant, augment=True).batch(0, 7))
    assert forward[0]["image0"].shape == forward[0]["image1"].shape == (7, 60, 60, 1)
    assert forward[0]["box0"].shape == forward[0]["box1"].shape == (7, 4)


def test_an_epoch_shows_every_pair_once_and_the_next_goes_on(few_digits):
    """60 pairs an epoch in batches of 7: the ninth straddles the border; labels of each epoch are balanced.

    Which picture it is shows in the boxes: without augmentation a digit's box keeps its size.
    """
    pairs = make_pairs(few_digits)
    assert len(pairs) == 60
    label = np.concatenate([pairs.batch(step, 7)["label"] for step in range(18)])[:120]
    expected = np.concatenate(
        [balanced_pairs(pairs.split.labels, np.random.default_rng([3, 0, e]))[2] for e in (0, 1)]
    )
    np.testing.assert_array_equal(label, expected)
    assert label[:60].sum() == label[60:].sum() == 30 and (label[:60] != label[60:]).any()
    straddling = pairs.batch(8, 7)
    index0 = np.concatenate(
        [balanced_pairs(pairs.split.labels, np.random.default_rng([3, 0, e]))[0] for e in (0, 1)]
    )
    for box, index in zip(straddling["box0"], index0[56:63], strict=True):
        x0, y0, x1, y1 = digits.ink_box(pairs.split.images[index])
        np.testing.assert_array_equal(box[2:] - box[:2], [x1 - x0, y1 - y0])


def test_a_batch_may_span_several_epochs(few_digits):
    """40 pairs an epoch, a batch of 100: two balanced epochs and the half of a third, which is the third's."""
    pairs = make_pairs(few_digits, count=20)
    label = pairs.batch(0, 100)["label"]
    assert label[:40].sum() == label[40:80].sum() == 20
    third = balanced_pairs(pairs.split.labels, np.random.default_rng([3, 0, 2]))[2]
    np.testing.assert_array_equal(label[80:], third[:20])


@pytest.mark.parametrize("augment", [False, True])
def test_tf_data_gives_what_batch_gives(few_digits, augment):
    """Steps 5 to 13 of 7 pairs, over the border of the epoch, in order, without the boxes."""
    pairs = make_pairs(few_digits, variant="scaled", augment=augment)
    drawn = list(pairs.dataset(5, 13, 7).as_numpy_iterator())
    assert len(drawn) == 8
    for step, batch in enumerate(drawn, start=5):
        assert set(batch) == {"image0", "image1", "label"}
        expected = pairs.batch(step, 7)
        for name, values in batch.items():
            np.testing.assert_array_equal(values, expected[name])
            assert values.dtype == np.float32


def test_tf_data_knows_its_shapes(few_digits):
    spec = make_pairs(few_digits).dataset(0, 4, 7).element_spec
    assert {name: tuple(s.shape) for name, s in spec.items()} == {
        "image0": (7, 60, 60, 1), "image1": (7, 60, 60, 1), "label": (7,),
    }  # fmt: skip


def test_once_gives_the_first_epoch_in_batches_and_a_rest(few_digits):
    pairs = make_pairs(few_digits)
    batches = list(pairs.once(size=25))
    assert [len(batch["label"]) for batch in batches] == [25, 25, 10]
    assert all(len(values) == 10 for values in batches[-1].values())
    label = np.concatenate([batch["label"] for batch in batches])
    np.testing.assert_array_equal(
        label, balanced_pairs(pairs.split.labels, np.random.default_rng([3, 0, 0]))[2]
    )
    assert [len(batch["label"]) for batch in pairs.once(limit=30, size=25)] == [25, 5]
    assert sum(len(batch["label"]) for batch in pairs.once(limit=1000)) == 60


def test_selected_pairs_are_those_of_the_only_pass(few_digits):
    """60 digits give 120 pairs, in batches of 50: places 3, 51 and 119 lie in three of them."""
    images, labels = (values[::4] for values in few_digits)
    pairs = DigitPairs(digits.Digits(images, labels), DataConfig(), seed=5)
    passed = list(pairs.once(size=50))
    everything = {name: np.concatenate([batch[name] for batch in passed]) for name in passed[0]}
    places = [119, 3, 51]
    selected = pairs.select(places, size=50)
    for name, values in everything.items():
        np.testing.assert_array_equal(selected[name], values[places], err_msg=name)
    same = [one == other for one, other in zip(selected["class0"], selected["class1"], strict=True)]
    np.testing.assert_array_equal(same, selected["label"] == 1)
    assert set(selected["class0"] + selected["class1"]) <= {"0", "3", "4"}


def test_a_whole_digit_fills_its_picture(few_digits):
    """28 x 28 as it is, and 14 x 7 as the means of 2 x 4 pixels, which is what reducing by area says."""
    images, labels = (values[:5] for values in few_digits)
    pairs = DigitPairs(digits.Digits(images, labels), DataConfig(), seed=0)
    (first, second) = pairs.whole_pictures((28, 28), size=3)
    assert first.dtype == np.float32 and second.shape == (2, 28, 28, 1)
    np.testing.assert_array_equal(np.concatenate([first, second])[..., 0] * 255, images)
    (reduced,) = pairs.whole_pictures((14, 7))
    expected = images.reshape(5, 14, 2, 7, 4).mean(axis=(2, 4)) / 255
    np.testing.assert_allclose(reduced[..., 0], expected, atol=0.51 / 255)


def test_given_pairs_come_in_equal_numbers_and_the_commoner_take_turns():
    """2 of label 1, 5 of label 0: epochs of 4, both of the ones, and in five epochs each zero twice."""
    label = np.array([0, 1, 0, 0, 1, 0, 0], np.float32)
    epochs = [balanced_turns(label, epoch, seed=3) for epoch in range(5)]
    assert all(len(places) == 4 and {1, 4} < set(places.tolist()) for places in epochs)
    zeros = [places[label[places] == 0] for places in epochs]
    assert len({*zeros[0], *zeros[1]}) == 4  # none again before all had their turn
    assert np.bincount(np.concatenate(zeros), minlength=7).tolist() == [2, 0, 2, 2, 0, 2, 2]


def test_given_pairs_come_in_the_numbers_that_are_wanted():
    """2 of label 1, 5 of label 0, three of either a turn: in ten turns 30 of each, 15 times every one, 6 times every zero."""
    label = np.array([0, 1, 0, 0, 1, 0, 0], np.float32)
    turns = [balanced_turns(label, turn, 3, count=3) for turn in range(10)]
    assert all(len(places) == 6 and label[places].sum() == 3 for places in turns)
    assert np.bincount(np.concatenate(turns)).tolist() == [6, 15, 6, 6, 15, 6, 6]


def test_the_order_of_given_pairs_is_a_function_of_seed_and_epoch():
    label = np.arange(40) % 2
    one, again, other = (balanced_turns(label, 7, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, balanced_turns(label, 8, 3))
