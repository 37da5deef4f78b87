"""getnet_tf.evaluation.metrics: outcomes known by hand, and scikit-learn's."""

import numpy as np
import pytest
from scipy.optimize import brentq
from sklearn.metrics import accuracy_score, roc_auc_score, roc_curve

from getnet_tf.evaluation import metrics

IMAGE_HW = (20, 30)


@pytest.mark.parametrize(
    ("label", "distance", "expected", "accuracy"),
    [
        ([1, 1, 0, 0], [0.1, 0.2, 0.6, 0.8], 0.4, 1),  # midway between 0.2 and 0.6
        ([0, 1, 0, 1], [0.8, 0.1, 0.6, 0.2], 0.4, 1),  # in any order
        ([1, 0, 1, 0], [0.2, 0.4, 0.6, 0.8], 0.3, 0.75),  # the first of two equally good
        ([1, 1, 0, 1], [0.3, 0.5, 0.5, 0.5], 0.501, 0.75),  # no cut between equal distances: beyond them all
        ([0, 0, 0, 1], [0.1, 0.5, 0.5, 0.5], 0.099, 0.75),  # before them all
    ],
)
def test_the_best_threshold_by_hand(label, distance, expected, accuracy):
    threshold = metrics.best_threshold(label, distance)
    assert threshold == pytest.approx(expected, abs=2e-3)
    assert metrics.pair_accuracy(label, distance, threshold) == accuracy


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("seed", range(4))
def test_no_threshold_decides_better_than_the_best(seed, dtype):
    """Against every possible cut; coarse distances make ties, and minus a logit is negative and large."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, 40)
    distance = (np.round(rng.normal(0, 3, 40) + label) * 30 - 100).astype(dtype)
    cuts = [-np.inf, *np.unique(distance)]
    best = max(accuracy_score(label, distance <= cut) for cut in cuts)
    assert metrics.pair_accuracy(label, distance, metrics.best_threshold(label, distance)) == pytest.approx(
        best
    )


@pytest.mark.parametrize("first", [1.0, 1.0000001, 50.0])
def test_the_best_threshold_separates_neighbouring_float32_distances(first):
    first = np.float32(first)
    distance = np.array([first, np.nextafter(first, np.float32(99))])
    assert metrics.pair_accuracy([1, 0], distance, metrics.best_threshold([1, 0], distance)) == 1
    assert metrics.pair_accuracy([0, 1], distance, metrics.best_threshold([0, 1], distance)) == 0.5


def test_a_distance_at_the_threshold_is_the_same():
    assert metrics.pair_accuracy([1, 0], [0.5, 0.5], 0.5) == 0.5
    assert metrics.pair_accuracy([1, 1, 0, 0], [0.1, 0.6, 0.4, 0.9], 0.5) == 0.5


def test_auc_is_the_chance_that_a_same_pair_is_nearer(rng):
    """By hand: same at 1 and 3, different at 2 and 4: three of four are nearer. And scikit-learn's with ties."""
    assert metrics.roc_auc([1, 0, 1, 0], [1, 2, 3, 4]) == 0.75
    label, distance = rng.integers(0, 2, 60), rng.integers(0, 9, 60) / 8
    assert metrics.roc_auc(label, distance) == pytest.approx(roc_auc_score(label, -distance))


@pytest.mark.parametrize(
    ("label", "distance", "expected"),
    [
        ([1, 1, 0, 0], [1, 2, 3, 4], 0),
        ([0, 0, 1, 1], [1, 2, 3, 4], 1),
        # Same at 1, 2, 3, 5; different at 4, 6, 7, 8. Up to 4 one of four different pairs matches, one same is missed.
        ([1, 1, 1, 0, 1, 0, 0, 0], [1, 2, 3, 4, 5, 6, 7, 8], 0.25),
        # Same at 1, different at 0 and 2: the curve rises from (0.5, 0) to (0.5, 1), missed falls from 1 to 0.
        ([0, 1, 0], [0, 1, 2], 0.5),
        # All equal: from (0, 0) straight to (1, 1), false = missed in the middle.
        ([1, 0], [1, 1], 0.5),
        # Same at 1, 2 (tied with a different one at 2), different at 3, 4: from (0, 1/2) to (1/3, 1) missed falls by
        # 1/2 while false rises by 1/3; equal at the share t with t / 3 = (1 - t) / 2, t = 3/5: 1/5.
        ([1, 1, 0, 0, 0], [1, 2, 2, 3, 4], 0.2),
    ],
)
def test_the_equal_error_rate_by_hand(label, distance, expected):
    assert metrics.equal_error_rate(label, distance) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_equal_error_rate_is_where_the_curve_meets_the_diagonal(seed):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, 80)
    distance = rng.normal(0, 1, 80) - label
    false_match, true_match, _ = roc_curve(label, -distance)
    expected = brentq(lambda x: 1 - x - np.interp(x, false_match, true_match), 0, 1)
    assert metrics.equal_error_rate(label, distance) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("label", [[1, 1], [0, 0]])
def test_one_kind_of_pair_has_no_curve(label):
    assert metrics.roc_auc(label, [0.1, 0.2]) is None
    assert metrics.equal_error_rate(label, [0.1, 0.2]) is None


@pytest.mark.parametrize(
    ("box0", "box1", "expected"),
    [
        ([0, 0, 10, 10], [0, 0, 10, 10], 1),
        ([0, 0, 10, 10], [5, 0, 15, 10], 1 / 3),  # half overlaps: 50 of 150
        ([0, 0, 10, 10], [0, 0, 5, 10], 1 / 2),
        ([0, 0, 10, 10], [10, 0, 20, 10], 0),  # touching
        ([0, 0, 10, 10], [20, 12, 25, 18], 0),  # apart
        ([2, 2, 6, 6], [0, 0, 8, 8], 1 / 4),  # inside
        ([-10, -10, 10, 10], [0, 0, 10, 10], 1),  # clipped to the frame first
        ([20, 10, 99, 99], [20, 10, 30, 20], 1),  # x ends at W = 30, y at H = 20
        ([0, 0, 30, 99], [0, 0, 99, 20], 1),
        ([-20, 0, -10, 10], [0, 0, 10, 10], 0),  # all outside
        ([3, 3, 3, 9], [3, 3, 3, 9], 0),  # empty
        ([8, 0, 2, 10], [0, 0, 10, 10], 0),  # inside out is empty
    ],
)
def test_the_intersection_over_union_by_hand(box0, box1, expected):
    box0, box1 = np.array([[box0], [box1]], float)
    for result in (metrics.iou(box0, box1, IMAGE_HW), metrics.iou(box1, box0, IMAGE_HW)):
        np.testing.assert_allclose(result, [expected], atol=1e-12)


def test_iou_keeps_leading_axes(rng):
    low = rng.uniform(0, 10, (2, 5, 2))
    boxes = np.concatenate([low, low + rng.uniform(1, 10, (2, 5, 2))], -1)
    together = metrics.iou(boxes, boxes[::-1], IMAGE_HW)
    assert together.shape == (2, 5)
    assert together[1, 3] == metrics.iou(boxes[1, 3], boxes[0, 3], IMAGE_HW)


def test_corloc_counts_boxes_that_overlap_by_half_or_more():
    assert metrics.corloc([0.5, 0.49, 0.9, 0]) == 0.5
    assert metrics.corloc([0.5, 0.49, 0.9, 0], least=0.3) == 0.75


@pytest.mark.parametrize("size_wh", [(12, 9), (7, 14), (30, 20)])
def test_the_best_constant_size_recovers_a_known_size(size_wh, rng):
    centres = (
        rng.uniform((0, 0), (30, 20), (40, 2)) if size_wh != (30, 20) else np.tile([[15.0, 10.0]], (3, 1))
    )
    truth = metrics.boxes_of_size(centres, size_wh)
    score, found_wh = metrics.best_constant_size(centres, truth, IMAGE_HW)
    assert found_wh == size_wh and score == pytest.approx(1)


def test_the_best_constant_size_of_two_sizes_lies_between():
    """Squares of 10 and 16 about one centre: a square of s in between has IoU (100 / s^2 + s^2 / 256) / 2.

    Its slope is negative up to s^2 = 160 and positive beyond, so an end is best: s = 16, (100 / 256 + 1) / 2, which
    equals s = 10, (1 + 100 / 256) / 2.
    """
    centres = np.array([[15.0, 10.0]] * 2)
    truth = np.concatenate(
        [metrics.boxes_of_size(centres[:1], (10, 10)), metrics.boxes_of_size(centres[:1], (16, 16))]
    )
    score, found_wh = metrics.best_constant_size(centres, truth, IMAGE_HW)
    assert score == pytest.approx((1 + 100 / 256) / 2) and found_wh in {(10, 10), (16, 16)}


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    [  # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_wilson_interval_is_the_published_one(successes, count, low, high):
    assert metrics.wilson_interval(successes, count) == pytest.approx((low, high), abs=5.1e-5)


@pytest.mark.parametrize("count", [1, 20, 1000, 3001])
def test_the_wilson_interval_stays_between_nothing_and_all(count):
    assert metrics.wilson_interval(0, count)[0] >= 0
    assert metrics.wilson_interval(count, count)[1] <= 1
    (low, high), (low_missed, high_missed) = (
        metrics.wilson_interval(1, count),
        metrics.wilson_interval(count - 1, count),
    )
    assert low == pytest.approx(1 - high_missed) and high == pytest.approx(1 - low_missed)


@pytest.mark.parametrize("seed", range(3))
def test_a_pair_that_weighs_three_counts_as_three_pairs(seed):
    rng = np.random.default_rng(seed)
    label, distance = rng.permutation([0, 1] * 15), rng.integers(0, 9, 30) / 8
    weight = rng.integers(0, 4, 30)
    repeated = np.repeat(label, weight), np.repeat(distance, weight)
    curve = metrics.roc_points(label, distance, weight)
    assert metrics.area_under(*curve) == pytest.approx(metrics.roc_auc(*repeated))
    assert metrics.error_where_equal(*curve) == pytest.approx(metrics.equal_error_rate(*repeated))


def test_the_curve_of_four_pairs_by_hand():
    """Same at 1 and 2, different at 2 and 3: (0, 1/2) after 1, (1/2, 1) after the tie at 2, (1, 1) after 3."""
    false_match, true_match = metrics.roc_points([1, 0, 1, 0], [1, 2, 2, 3])
    np.testing.assert_allclose(false_match, [0, 0, 0.5, 1])
    np.testing.assert_allclose(true_match, [0, 0.5, 1, 1])


# On a line: class 0 at 0, 1 and 2, class 1 at 2.4 and 10. There are four others, fewer than 10.
PLACES, CLASSES = np.array([[0.0], [1], [2], [2.4], [10]]), np.array([0, 0, 0, 1, 1])


def test_few_pictures_have_all_the_others_as_neighbours():
    """Of 4 others 2 are of the class for each of the first three, 1 for the other two: (3 * 0.5 + 2 * 0.25) / 5."""
    np.testing.assert_allclose(metrics.own_class_at_10(PLACES, CLASSES), [0.5, 0.5, 0.5, 0.25, 0.25])
    np.testing.assert_allclose(metrics.own_class_ceiling(CLASSES), [0.5, 0.5, 0.5, 0.25, 0.25])
    assert metrics.ap_at_10(PLACES, CLASSES) == pytest.approx(0.4)


def test_the_share_of_the_own_class_among_ten_by_hand():
    """Class 0 at 0 ... 8 (nine pictures) and 100, class 1 at 9.5 ... 13.5 (five).

    Of 14 others the 10 nearest of 0 are 1 ... 8 and 9.5, 10.5: 8 of 10. Of 100 they are the farthest right:
    13.5 ... 9.5 (five) and 8 ... 4: 5 of 10. Of 13.5: 12.5 ... 9.5 (four of its class), then 8 ... 3: 4 of 10, and
    a class of five has no more. Class 0 has nine others: at most 0.9.
    """
    places = np.array([*range(9), 100, *np.arange(9.5, 14)])[:, None]
    classes = np.array([0] * 10 + [1] * 5)
    shares = metrics.own_class_at_10(places, classes)
    np.testing.assert_allclose(shares[[0, 9, 14]], [0.8, 0.5, 0.4])
    np.testing.assert_allclose(metrics.own_class_ceiling(classes), [0.9] * 10 + [0.4] * 5)


def test_the_neighbours_of_many_pictures_are_those_of_a_plain_search(rng):
    """1,100 pictures are more than are looked at in one go; scikit-learn's search is the reference."""
    from sklearn.neighbors import NearestNeighbors

    embedding, label = rng.normal(size=(1100, 3)), rng.integers(0, 4, 1100)
    nearest = NearestNeighbors(n_neighbors=11).fit(embedding).kneighbors(embedding)[1][:, 1:]
    expected = (label[nearest] == label[:, None]).mean(axis=1)
    np.testing.assert_allclose(metrics.own_class_at_10(embedding, label), expected)


def test_one_picture_has_no_neighbours():
    with pytest.raises(ValueError, match="two pictures or more, received 1"):
        metrics.ap_at_10(np.zeros((1, 2)), [0])


def test_the_bootstrap_interval_of_a_share_is_close_to_the_published_one():
    """81 of 263: Wilson says 0.255 to 0.366 (above); resampling must agree to a hundredth."""
    values = np.repeat([1.0, 0.0], [81, 182])
    low, high = metrics.mean_interval(values)
    assert (low, high) == pytest.approx((0.2553, 0.3662), abs=0.01)
    assert metrics.mean_interval(values) == (low, high)  # the seed is fixed


def test_the_mean_of_equal_values_has_an_interval_without_width():
    assert metrics.mean_interval([0.5, 0.5, 0.5]) == (0.5, 0.5)


def test_every_draw_has_as_many_of_each_kind():
    """Three of kind 0 and two of kind 1: both sums are the same in every draw, their single weights are not."""
    strata, seen = np.array([0, 1, 0, 1, 0]), []

    def statistic(weight):
        seen.append(weight)
        return weight[strata == 0].sum(), weight[strata == 1].sum()

    assert metrics.bootstrap_intervals(statistic, strata, draws=20) == [(3, 3), (2, 2)]
    assert len(seen) == 20 and len({tuple(weight) for weight in seen}) > 5


def test_the_intervals_of_a_curve_contain_it_and_shrink_with_the_pairs(rng):
    """Normal distances of means 0 and 1: AUC = Phi(1 / sqrt 2) = 0.760, EER = Phi(-1/2) = 0.309. Four times the pairs
    make an interval half as wide, a quarter more or less for chance."""
    widths = []
    for count in (200, 800):
        label = np.repeat([1, 0], count)
        auc, eer = metrics.roc_intervals(label, rng.normal(0, 1, 2 * count) + 1 - label)
        assert auc[0] < 0.760 < auc[1] and eer[0] < 0.309 < eer[1]
        widths.append(auc[1] - auc[0])
    assert widths[1] / widths[0] == pytest.approx(0.5, rel=0.25)


def test_a_perfect_curve_has_no_width():
    assert metrics.roc_intervals([1, 1, 0], [0.1, 0.2, 0.9]) == [(1, 1), (0, 0)]
