"""What is reported of a model: every number, its 95 % interval, and the table of them."""

import dataclasses

import numpy as np

from getnet_tf.evaluation import metrics

# name in the table, key, whether it is a share shown in percent
MEASURES = (
    ("pair accuracy %", "pair_accuracy", True),
    ("at the best threshold %", "best_pair_accuracy", True),
    ("ROC-AUC", "roc_auc", False),
    ("EER %", "eer", True),
    ("AP@10", "ap_at_10", False),
    ("highest possible AP@10", "ap_at_10_ceiling", False),
    ("mean IoU", "mean_iou", False),
    ("CorLoc@0.5", "corloc", False),
    ("IoU ceiling", "mean_iou_ceiling", False),
    ("best constant size", "mean_iou_constant", False),
    ("threshold", "threshold", False),
    ("best threshold", "best_threshold", False),
)


def measure(predictions, threshold, config):
    """Everything that one model's predictions of pairs say.

    Args:
        predictions: `Predictions`.
        threshold: float, "same" if the distance is at most this.
        config: has `theta_kind` and `image_hw`.

    Returns:
        dict of flat keys, fractions in 0...1, None where unknowable; those with a star also have `_low` and `_high`, a
        95 % interval (Wilson's for shares, else by resampling pairs): `pair_accuracy`*, `roc_auc`*, `eer`*,
        `threshold`, `pairs`; `best_threshold` and `best_pair_accuracy`*, chosen on these very pairs, so too good;
        `mean_iou`*, `corloc`*; `mean_iou_ceiling`, the best that the kind of theta can do; `mean_iou_constant`, the
        best constant box size at the predicted centre, chosen with the true boxes, and `constant_size_px` (w, h).
    """
    label, distance, image_hw = predictions.label, predictions.distance, config.image_hw
    best = metrics.best_threshold(label, distance)
    both = len(np.unique(label)) == 2
    auc_interval, eer_interval = metrics.roc_intervals(label, distance) if both else (None, None)
    scores = {
        **_share("pair_accuracy", metrics.pair_accuracy(label, distance, threshold), len(label)),
        **_share("best_pair_accuracy", metrics.pair_accuracy(label, distance, best), len(label)),
        **_with_interval("roc_auc", metrics.roc_auc(label, distance), auc_interval),
        **_with_interval("eer", metrics.equal_error_rate(label, distance), eer_interval),
        "threshold": threshold,
        "best_threshold": best,
        "pairs": len(label),
    }
    if predictions.boxes is None or predictions.true_boxes is None:
        unknown = ("mean_iou_ceiling", "mean_iou_constant", "constant_size_px")
        unknown_too = {**_with_interval("mean_iou", None, None), **_with_interval("corloc", None, None)}
        return {**scores, **unknown_too, **dict.fromkeys(unknown)}
    ious = metrics.iou(predictions.boxes, predictions.true_boxes, image_hw)  # (2, N)
    boxes, true_boxes = predictions.boxes.reshape(-1, 4), predictions.true_boxes.reshape(-1, 4)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    constant, size_wh = metrics.best_constant_size(centres, true_boxes, image_hw)
    return {
        **scores,
        **_with_interval("mean_iou", float(ious.mean()), metrics.mean_interval(ious.mean(axis=0))),
        **_share("corloc", metrics.corloc(ious), ious.size),
        "mean_iou_ceiling": ceiling(true_boxes, config.theta_kind, image_hw),
        "mean_iou_constant": constant,
        "constant_size_px": size_wh,
    }


def neighbour_scores(embedding, label):
    """How well pictures are found by their likeness.

    Args:
        embedding: (N, E) float, of whole pictures.
        label: (N,) int, classes.

    Returns:
        dict: `ap_at_10` with `_low` and `_high` (by resampling pictures, the neighbours as they are),
        `ap_at_10_ceiling`, the most that classes of these sizes allow, and `pictures`.
    """
    shares = metrics.own_class_at_10(embedding, label)
    return {
        **_with_interval("ap_at_10", float(shares.mean()), metrics.mean_interval(shares)),
        "ap_at_10_ceiling": float(metrics.own_class_ceiling(label).mean()),
        "pictures": len(label),
    }


def _share(name, value, count):
    return _with_interval(name, value, metrics.wilson_interval(round(value * count), count))


def _with_interval(name, value, interval):
    low, high = interval or (None, None)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def ceiling(true_boxes, kind, image_hw):
    """The mean IoU of the best area that a kind of theta can place on each true box (N, 4).

    Free sides reach 1. One scale for both axes keeps the image's aspect: around the box's centre the IoU is largest
    where the two areas are equal (set its derivative in s to 0). `translation` has a constant size.
    """
    if kind in ("box", "affine"):
        return 1.0
    centres, sizes = (true_boxes[:, :2] + true_boxes[:, 2:]) / 2, true_boxes[:, 2:] - true_boxes[:, :2]
    frame = np.array([image_hw[1], image_hw[0]], float)
    scale = np.ones(len(sizes)) if kind == "translation" else np.sqrt((sizes / frame).prod(axis=1))
    best = metrics.boxes_of_size(centres, scale[:, None] * frame)
    return float(metrics.iou(best, true_boxes, image_hw).mean())


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    cells: list[str]  # of every model: the number, or "-" where it is unknowable
    intervals: list[
        str
    ]  # beside them: "97.9-99.3", or "" where there is none, or one without width; the split


def table(columns):
    """Scores as lines of a table; what no model has is left out.

    Args:
        columns: dict name of a model -> its scores.

    Returns:
        list of `Row`.
    """
    rows = []
    for name, key, percent in MEASURES:
        if any(s.get(key) is not None for s in columns.values()):
            cells = [_number(s.get(key), percent) for s in columns.values()]
            rows.append(Row(name, cells, [_interval(s, key, percent) for s in columns.values()]))
    for key, beside in (("pairs", ""), ("pictures", "split")):
        counts = [f"{s[key]:,}" for s in columns.values()]
        rows.append(Row(key, counts, [s.get(beside, "") for s in columns.values()]))
    return rows


def _number(value, percent):
    if value is None:
        return "-"
    return f"{100 * value:.2f}" if percent else f"{value:.3f}"


def _interval(scores, key, percent):
    low, high = scores.get(f"{key}_low"), scores.get(f"{key}_high")
    if (
        low is None or high - low < 1e-9
    ):  # resampling pairs without a mistake finds none, and knows nothing of others
        return ""
    return f"{_number(low, percent)}-{_number(high, percent)}"


def markdown(columns):
    """The table in Markdown, a column for every model, 95 % intervals in brackets; `columns` as for `table`."""
    lines = [f"| (95 % interval) | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|"]
    for row in table(columns):
        cells = (
            f"{cell} ({interval})" if interval else cell
            for cell, interval in zip(row.cells, row.intervals, strict=True)
        )
        lines.append(f"| {row.name} | {' | '.join(cells)} |")
    return "\n".join(lines)
