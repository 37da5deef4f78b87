"""Labelled pairs -> train, validation and test, none of which shares a picture with another."""

import collections

import numpy as np

from getnet_tf.data.splits import NAMES
from getnet_tf.errors import InputError

SHARES = (0.8, 0.1, 0.1)  # of train, val and test where no pair is lost
LEAST = 0.5  # of its share of the pairs of each label, that a split must have where no pair is lost
CUT_SHARE = 0.2  # of the pictures for val, and for test, where pairs between the splits are lost


def split_pairs(pairs, seed, name):
    """Splits pairs so that no picture is in two splits.

    Pictures that a pair links stay together, and so do all that hang together by such links. Where that leaves one
    group too large to share out, pairs of different things give way: only pictures linked by label 1 stay together, and
    pairs of label 0 between two splits are left out.

    Args:
        pairs: `LabelledPairs`.
        seed: draws who goes where.
        name: of the data, for the error.

    Returns:
        dict of `LabelledPairs`: "train", "val", "test", each with pairs of both labels. Together they may have fewer
        pairs than `pairs`, see above.

    Raises:
        InputError: if a label is too rare, or even the groups that label 1 links are too few or too large.
    """
    same = pairs.label > 0
    if min(same.sum(), (~same).sum()) < len(NAMES):
        raise InputError(
            f"{name}: expected 3 pairs of each label or more, one for training, validation and test each, received "
            f"{same.sum()} of label 1 and {(~same).sum()} of label 0. Add pairs."
        )
    rng = np.random.default_rng(seed)
    group = groups_of(len(pairs.paths), pairs.index0, pairs.index1)
    split = _share_out(pairs, group, rng)
    enough = [
        [max(1, int(LEAST * share * count)) for count in (np.sum(~same), np.sum(same))] for share in SHARES
    ]
    if np.all(_counts(pairs, split) >= enough):
        return _subsets(pairs, split)
    group = groups_of(len(pairs.paths), pairs.index0[same], pairs.index1[same])
    split = _cut_out(pairs, group, rng)
    if np.all(_counts(pairs, split) >= 1):
        return _subsets(pairs, split)
    sizes = np.bincount(group)
    raise InputError(
        f"{name}: label 1 links its {len(group)} pictures into {len(sizes)} groups, the largest of {sizes.max()}, too few "
        f"or too large for training, validation and test with pairs of both labels and no common picture. Add pairs of "
        f"other objects, or put the photos into a folder for each class and give --data FOLDER."
    )


def groups_of(count, index0, index1):
    """The group of each of `count` pictures, (count,) int from 0: linked ones, directly or not, have the same."""
    parent = list(range(count))

    def root(i):
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j in zip(index0.tolist(), index1.tolist(), strict=True):
        parent[root(i)] = root(j)
    return np.unique([root(i) for i in range(count)], return_inverse=True)[1]


def _share_out(pairs, group, rng):
    """The split of each picture, (N,) int: whole groups, the largest first, each to where most is missing."""
    count, of_pair = group.max() + 1, group[pairs.index0]
    columns = [np.bincount(of_pair[pairs.label == label], minlength=count) for label in (0, 1)]
    weight = np.stack(
        [np.bincount(group), *columns], axis=1
    )  # (G, 3): pictures, pairs of label 0 and of label 1
    weight = weight / weight.sum(axis=0)
    order = rng.permutation(count)
    order = order[np.argsort(-weight.sum(axis=1)[order], kind="stable")]
    filled, split_of_group = np.zeros((len(SHARES), 3)), np.empty(count, np.int64)
    for i in order:
        missing = 1 - filled / np.array(SHARES)[:, None]
        split_of_group[i] = np.argmax(missing @ weight[i])
        filled[split_of_group[i]] += weight[i]
    return split_of_group[group]


def _cut_out(pairs, group, rng):
    """As `_share_out`, where pairs of label 0 link the groups: test and val grow along these links, to lose few."""
    size, links = np.bincount(group), collections.defaultdict(list)
    group0, group1 = group[pairs.index0], group[pairs.index1]
    for g, h in zip(group0.tolist(), group1.tolist(), strict=True):
        links[g].append(h)
        links[h].append(g)
    has_same = np.isin(np.arange(len(size)), group0[pairs.label > 0])
    split_of_group = np.zeros(len(size), np.int64)
    for place in (2, 1):
        starts = [g for g in rng.permutation(len(size)).tolist() if split_of_group[g] == 0]
        queue, filled, both = collections.deque(), 0, [False, False]
        while (filled < CUT_SHARE * len(group) or not all(both)) and (queue or starts):
            g = queue.popleft() if queue else starts.pop()
            if split_of_group[g]:
                continue
            split_of_group[g] = place
            filled += size[g]
            both[0] |= any(split_of_group[h] == place for h in links[g] if h != g)
            both[1] |= bool(has_same[g])
            queue.extend(rng.permutation(links[g]).tolist())
    return split_of_group[group]


def _counts(pairs, split):
    """Pairs within each split, (3, 2): of label 0 and of label 1."""
    inside = np.where(split[pairs.index0] == split[pairs.index1], split[pairs.index0], -1)
    return np.array(
        [
            [np.sum((inside == place) & (pairs.label == label)) for label in (0, 1)]
            for place in range(len(NAMES))
        ]
    )


def _subsets(pairs, split):
    inside = np.where(split[pairs.index0] == split[pairs.index1], split[pairs.index0], -1)
    return {name: pairs.subset(np.flatnonzero(inside == place)) for place, name in enumerate(NAMES)}
