"""What answers to the trials of `this_thing.py` are worth, with 95 % intervals."""

import dataclasses

import numpy as np

from getnet_tf.evaluation import metrics

FALSE = 0.01  # of the pictures without the thing, those that may score as high
RIGHT = 0.5  # IoU from which a box is right


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a method says of one picture."""

    box_px: tuple | None  # (xmin, ymin, xmax, ymax); None: nowhere
    score: float  # the higher, the more it is there; of one scale for all pictures
    ms: float  # that it took


def scores_of(trials, present, absent):
    """One row's numbers.

    Args:
        trials: list of `Trial`.
        present, absent: lists of `Answer`, to the pictures with and without the thing.

    Returns:
        dict: `trials`; `corloc`, `mean_iou` (None where the thing fills the picture), `auc`, `right` (box right, and at most `FALSE` of
        the pictures without the thing score as high), each with `_low` and `_high`, by resampling the trials; `ms`, the median.
    """
    overlaps = [overlap(trial, answer) for trial, answer in zip(trials, present, strict=True)]
    has_boxes = None not in overlaps
    overlaps = np.array(overlaps if has_boxes else np.ones(len(trials)), float)
    hits = overlaps >= RIGHT
    with_it, without = (np.array([answer.score for answer in answers]) for answers in (present, absent))
    above = (with_it[:, None] > without) + 0.5 * (with_it[:, None] == without)  # (N, N)
    not_below = (without >= with_it[:, None]).astype(float)

    def statistic(weight):
        share = weight / weight.sum()
        right = hits & (not_below @ share <= FALSE + 1e-9)
        return share @ hits, share @ overlaps, share @ above @ share, share @ right

    names = ("corloc", "mean_iou", "auc", "right")
    values = statistic(np.ones(len(trials)))
    intervals = metrics.bootstrap_intervals(statistic, np.zeros(len(trials)))
    found = {"trials": len(trials)}
    for name, value, (low, high) in zip(names, values, intervals, strict=True):
        known = has_boxes or name not in ("corloc", "mean_iou")
        numbers = (float(value), low, high) if known else (None,) * 3
        found |= dict(zip((name, f"{name}_low", f"{name}_high"), numbers, strict=True))
    return {**found, "ms": float(np.median([answer.ms for answer in (*present, *absent)]))}


def area_under(with_it, without):
    """The AUC of two arrays of scores: how often one with the thing is above one without it, half of the time where they are equal."""
    return float(((with_it[:, None] > without) + 0.5 * (with_it[:, None] == without)).mean())


def overlap(trial, answer):
    """The IoU of an answer's box with the thing's; 0 without one, None where no box is wrong."""
    if trial.box_px is None:
        return None
    if answer.box_px is None:
        return 0.0
    return float(metrics.iou(np.array(answer.box_px), trial.box_px, trial.present.shape[:2]))
