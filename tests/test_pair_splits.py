"""getnet_tf.data.pair_splits: no picture in two splits, both labels in each, and no pair lost without need."""

import numpy as np
import pytest
from checks import one_line

from getnet_tf.data.pair_csv import LabelledPairs
from getnet_tf.data.pair_splits import groups_of, split_pairs
from getnet_tf.errors import InputError


def made_up(rows):
    """Pairs of (picture, picture, label) without files; picture 3 is "3"."""
    index0, index1, label = np.array(rows).T
    paths = tuple(str(i) for i in range(max(*index0, *index1) + 1))
    return LabelledPairs(paths, index0, index1, label.astype(np.float32))


def rows_of(pairs):
    """{(picture, picture, label)} by the pictures' names."""
    return {
        (int(pairs.paths[i]), int(pairs.paths[j]), int(label))
        for i, j, label in zip(pairs.index0, pairs.index1, pairs.label, strict=True)
    }


def squares(count):
    """Groups of four pictures in a ring of four pairs, two of label 1 and two of label 0."""
    ring = [(0, 1, 1), (1, 2, 0), (2, 3, 1), (3, 0, 0)]
    return [(4 * n + i, 4 * n + j, label) for n in range(count) for i, j, label in ring]


def test_groups_are_what_hangs_together():
    """0-3, 3-5 and 4-1; 2 is alone."""
    group = groups_of(6, np.array([0, 3, 4]), np.array([3, 5, 1]))
    assert group[0] == group[3] == group[5] and group[1] == group[4]
    assert len({group[0], group[1], group[2]}) == 3 and group.max() == 2


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_shared_out_whole_and_no_pair_is_lost(seed):
    """Twenty equal groups: 16, 2 and 2."""
    pairs = made_up(squares(20))
    splits = split_pairs(pairs, seed, "pairs.csv")
    assert [len(splits[name]) for name in ("train", "val", "test")] == [64, 8, 8]
    rows = [rows_of(part) for part in splits.values()]
    assert set.union(*rows) == rows_of(pairs)
    pictures = [set(part.paths) for part in splits.values()]
    assert sum(map(len, pictures)) == len(set.union(*pictures)) == 80
    assert all(set(part.label) == {0, 1} for part in splits.values())


def test_three_groups_are_one_for_each():
    splits = split_pairs(made_up(squares(3)), 0, "pairs.csv")
    assert [len(part) for part in splits.values()] == [4, 4, 4]


def test_who_goes_where_is_drawn_by_the_seed():
    pairs = made_up(squares(20))
    draws = [split_pairs(pairs, seed, "pairs.csv")["test"].paths for seed in (0, 0, 1, 2, 3)]
    assert draws[0] == draws[1] and len(set(draws)) > 1


def test_where_label_0_links_everything_only_its_pairs_between_the_splits_are_lost():
    """Ten objects of three pictures; every picture also goes with one of each other object, as class labels give."""
    rows = [(3 * n + i, 3 * n + (i + 1) % 3, 1) for n in range(10) for i in range(3)]
    rows += [(3 * n + i, 3 * m + i, 0) for n in range(10) for m in range(n) for i in range(3)]
    pairs = made_up(rows)
    splits = split_pairs(pairs, 0, "pairs.csv")
    kept = set.union(*[rows_of(part) for part in splits.values()])
    assert {row for row in kept if row[2]} == {row for row in rows if row[2]}
    objects = [{int(path) // 3 for path in part.paths} for part in splits.values()]
    assert list(map(len, objects)) == [6, 2, 2] and len(set.union(*objects)) == 10
    together = [{m, n} for part in objects for m in part for n in part]
    assert {row for row in rows if not row[2] and {row[0] // 3, row[1] // 3} in together} == kept - {
        row for row in rows if row[2]
    }


@pytest.mark.parametrize("seed", range(5))
def test_along_a_chain_only_few_links_are_cut(seed):
    """Thirty objects of two pictures, each linked to the next: val and test are two pieces, four cuts at most."""
    rows = [(2 * n, 2 * n + 1, 1) for n in range(30)] + [(2 * n, 2 * n + 2, 0) for n in range(29)]
    splits = split_pairs(made_up(rows), seed, "pairs.csv")
    assert len(splits["val"].paths) == len(splits["test"].paths) == 12
    assert sum(map(len, splits.values())) >= 59 - 6


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(i, i + 1, 1) for i in range(9)] + [(0, 5, 0), (1, 5, 0), (2, 7, 0)], "10 pictures into 1 groups"),
        ([(i, i + 1, 1) for i in range(9)], "received 9 of label 1 and 0 of label 0"),
        ([(0, 1, 1), (2, 3, 0), (4, 5, 0), (6, 7, 0)], "received 1 of label 1 and 3 of label 0"),
    ],
)
def test_what_cannot_be_split_is_one_line_that_says_what_to_do(rows, message):
    with pytest.raises(InputError, match=message) as caught:
        split_pairs(made_up(rows), 0, "pairs.csv")
    assert (
        one_line(caught.value)
        and str(caught.value).startswith("pairs.csv: ")
        and "Add pairs" in str(caught.value)
    )
