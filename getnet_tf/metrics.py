"""What is measured on pairs and boxes: NumPy functions on plain arrays."""

import numpy as np


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


def roc_auc(label, distance):
    """Chance that a same pair is nearer than a different pair; None with one kind of pair only."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(label, -np.asarray(distance))) if len(np.unique(label)) == 2 else None


def equal_error_rate(label, distance):
    """The error where false matches are as frequent as missed ones; None with one kind of pair only."""
    if len(np.unique(label)) < 2:
        return None
    from sklearn.metrics import roc_curve

    false_match, true_match, _ = roc_curve(label, -np.asarray(distance))
    missed = 1 - true_match
    after = int(np.argmax(false_match >= missed))  # the curves cross between this point and the one before
    gap0, gap1 = (missed - false_match)[[after - 1, after]]
    share = gap0 / (gap0 - gap1)
    return float(false_match[after - 1] + share * (false_match[after] - false_match[after - 1]))


def area(boxes):
    """Areas of boxes (..., 4), (xmin, ymin, xmax, ymax); 0 for an empty one."""
    return np.prod(np.clip(boxes[..., 2:] - boxes[..., :2], 0, None), axis=-1)


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
    low, high = np.maximum(boxes0[..., :2], boxes1[..., :2]), np.minimum(boxes0[..., 2:], boxes1[..., 2:])
    common = area(np.concatenate([low, high], axis=-1))
    union = area(boxes0) + area(boxes1) - common
    return np.where(union > 0, common / np.where(union > 0, union, 1), 0.0)


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
