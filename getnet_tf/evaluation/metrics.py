"""What is measured on pairs and boxes: NumPy functions on plain arrays."""

import numpy as np

from edge_demo.model.geometry import overlaps


def best_threshold(label, distance):
    """The distance that separates the pairs best: "same" if at most this.

    Args:
        label: (N,) 1 = same, 0 = different.
        distance: (N,) float.

    Returns:
        float, midway between the two neighbouring distances.
    """
    order = np.argsort(distance, kind="stable")
    # In float64 a cut between two neighbouring float32 distances exists.
    label, distance = np.asarray(label)[order] > 0.5, np.asarray(distance, np.float64)[order]
    # right[k]: pairs decided rightly if the k nearest are called "same"
    right = np.concatenate([[0], np.cumsum(label)]) + np.concatenate([[0], np.cumsum(~label[::-1])])[::-1]
    edges = np.concatenate([[distance[0] - 1e-6], (distance[1:] + distance[:-1]) / 2, [distance[-1] + 1e-6]])
    # A cut between equal distances is no cut.
    possible = np.concatenate([[True], distance[1:] > distance[:-1], [True]])
    return float(edges[np.argmax(np.where(possible, right, -1))])


def pair_accuracy(label, distance, threshold):
    """Share of pairs decided rightly: "same" if the distance is at most the threshold."""
    return float(np.mean((np.asarray(distance, np.float64) <= threshold) == (np.asarray(label) > 0.5)))


def roc_points(label, distance, weight=None):
    """The ROC curve: how many pairs of each kind are called "same" as the threshold rises.

    Args:
        label: (N,) 1 = same, 0 = different; both kinds occur.
        distance: (N,) float.
        weight: (N,) float, how often each pair counts; None for once.

    Returns:
        false_match, true_match (K,) in [0, 1], ascending from (0, 0) to (1, 1); pairs of one distance are one step.
    """
    label, distance = np.asarray(label) > 0.5, np.asarray(distance, np.float64)
    weight = np.ones(len(label)) if weight is None else weight
    order = np.argsort(distance, kind="stable")
    last = np.append(np.flatnonzero(np.diff(distance[order])), len(order) - 1)  # of every distance
    counts = (np.cumsum((weight * kind)[order])[last] for kind in (~label, label))
    return tuple(np.append(0, count / count[-1]) for count in counts)


def area_under(false_match, true_match):
    """The area under a ROC curve of straight lines."""
    return float(np.sum(np.diff(false_match) * (true_match[1:] + true_match[:-1]) / 2))


def error_where_equal(false_match, true_match):
    """Where a ROC curve of straight lines has as many false matches as missed ones."""
    missed = 1 - true_match
    after = int(np.argmax(false_match >= missed))  # the curves cross between this point and the one before
    gap0, gap1 = (missed - false_match)[[after - 1, after]]
    share = gap0 / (gap0 - gap1)
    return float(false_match[after - 1] + share * (false_match[after] - false_match[after - 1]))


def roc_auc(label, distance):
    """Chance that a same pair is nearer than a different pair; None with one kind of pair only."""
    return area_under(*roc_points(label, distance)) if len(np.unique(label)) == 2 else None


def equal_error_rate(label, distance):
    """The error where false matches are as frequent as missed ones; None with one kind of pair only."""
    return error_where_equal(*roc_points(label, distance)) if len(np.unique(label)) == 2 else None


def iou(boxes0, boxes1, image_hw):
    """Intersection over union, both clipped to the image first.

    Args:
        boxes0, boxes1: (..., 4) float, (xmin, ymin, xmax, ymax), edges in pixels.
        image_hw: (H, W), pixels.

    Returns:
        (...) float in [0, 1]; 0 for two empty boxes.
    """
    frame = np.array([image_hw[1], image_hw[0]] * 2)
    boxes0, boxes1 = np.clip(boxes0, 0, frame), np.clip(boxes1, 0, frame)
    return overlaps(boxes0, boxes1)[..., 0]


def corloc(ious, least=0.5):
    """CorLoc: share of images whose box has at least this IoU with the object's."""
    return float(np.mean(np.asarray(ious) >= least))


def boxes_of_size(centres, size_wh):
    """Boxes (N, 4) of one size (w, h) around centres (N, 2), pixels."""
    half = np.asarray(size_wh) / 2
    return np.concatenate([centres - half, centres + half], axis=-1)


def best_constant_size(centres, true_boxes, image_hw):
    """The best that one constant box size can do at given centres: what size prediction must beat.

    Args:
        centres: (N, 2) float, (x, y), pixels.
        true_boxes: (N, 4) float.
        image_hw: (H, W), pixels.

    Returns:
        (mean IoU, (w, h)) of the best size on a grid of whole pixels, chosen with the true boxes: an upper bound.
    """
    sizes_w, sizes_h = np.arange(4, image_hw[1] + 1, 2), np.arange(4, image_hw[0] + 1, 2)
    best = (-1.0, None)
    for step in (None, 1):
        if step is not None:  # refine around the best even size
            w, h = best[1]
            sizes_w, sizes_h = np.arange(w - 1, w + 2), np.arange(h - 1, h + 2)
        for w in sizes_w:
            for h in sizes_h:
                score = iou(boxes_of_size(centres, (w, h)), true_boxes, image_hw).mean()
                if score > best[0]:
                    best = (float(score), (int(w), int(h)))
    return best


def wilson_interval(successes, count, z=1.96):
    """95 % interval of a share (Wilson 1927): (low, high)."""
    share = successes / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def bootstrap_intervals(statistic, strata, draws=1000, seed=0):
    """95 % intervals of what is computed from N items, by drawing N of them again and again, with replacement.

    Known weakness: of few items the interval is too narrow, and where all draws agree it has no width.

    Args:
        statistic: function of weights (N,), how often each item was drawn, to K numbers.
        strata: (N,) int; every kind of item is drawn as often as it occurs.
        draws: how many times.
        seed: of the draws.

    Returns:
        list of K (low, high), the 2.5th and 97.5th percentiles.

    Source: Efron 1979, the percentile interval.
    """
    rng = np.random.default_rng(seed)
    kinds = [np.flatnonzero(strata == kind) for kind in np.unique(strata)]
    results = []
    for _ in range(draws):
        drawn = np.concatenate([kind[rng.integers(len(kind), size=len(kind))] for kind in kinds])
        results.append(statistic(np.bincount(drawn, minlength=len(strata))))
    return [(float(low), float(high)) for low, high in np.percentile(results, (2.5, 97.5), axis=0).T]


def roc_intervals(label, distance):
    """95 % intervals of `roc_auc` and `equal_error_rate`: [(low, high), (low, high)].

    Same and different pairs are drawn apart: their numbers are chosen, not found. That pairs share pictures is
    neglected. `label` (N,) has both kinds.
    """
    label, distance = np.asarray(label) > 0.5, np.asarray(distance, np.float64)
    order = np.argsort(distance, kind="stable")  # once; sorting sorted pairs again is fast
    label, distance = label[order], distance[order]

    def statistic(weight):
        curve = roc_points(label, distance, weight)
        return area_under(*curve), error_where_equal(*curve)

    return bootstrap_intervals(statistic, label)


def mean_interval(values):
    """95 % interval of the mean of values (N,): (low, high)."""
    values = np.asarray(values, np.float64)
    (interval,) = bootstrap_intervals(lambda weight: [np.mean(weight * values)], np.zeros(len(values)))
    return interval


def own_class_at_10(embedding, label):
    """For every picture, the share of its own class among the 10 nearest other pictures.

    With fewer than 10 other pictures, the share among all of them. Which of equally near ones count is arbitrary. A
    picture whose class has fewer than 10 others cannot reach 1; see `own_class_ceiling`.

    Args:
        embedding: (N, E) float; near is a small Euclidean distance.
        label: (N,) int, classes.

    Returns:
        (N,) float in [0, 1].

    Raises:
        ValueError: if there are fewer than two pictures.
    """
    embedding, label = np.asarray(embedding, np.float64), np.asarray(label)
    nearest = _neighbours(len(label))
    squares = (embedding**2).sum(axis=1)
    shares = np.empty(len(label))
    for start in range(0, len(label), 500):  # all distances at once would not fit into memory
        rows = np.arange(start, min(start + 500, len(label)))
        # Without the row's own square, which changes no order.
        distance = squares - 2 * embedding[rows] @ embedding.T
        distance[rows - start, rows] = np.inf
        found = np.argpartition(distance, nearest - 1, axis=1)[:, :nearest]
        shares[rows] = (label[found] == label[rows, None]).mean(axis=1)
    return shares


def own_class_ceiling(label):
    """The most that `own_class_at_10` can be, (N,): (others of the class, at most 10) / (others, at most 10)."""
    _, class_of, counts = np.unique(label, return_inverse=True, return_counts=True)
    nearest = _neighbours(len(class_of))
    return np.minimum(counts[class_of] - 1, nearest) / nearest


def ap_at_10(embedding, label):
    """Average precision at 10: the mean of `own_class_at_10` over all pictures."""
    return float(own_class_at_10(embedding, label).mean())


def _neighbours(count):
    if count < 2:
        raise ValueError(f"Invalid `label`. Expected two pictures or more, received {count}.")
    return min(10, count - 1)
