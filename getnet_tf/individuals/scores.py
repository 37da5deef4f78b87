"""How well cells find their places, and how well what they find tells the thing from its look-alike."""

import numpy as np

from getnet_tf.evaluation.metrics import roc_auc
from getnet_tf.individuals.batches import LEAST_SEEN
from getnet_tf.individuals.places import middles_norm, near_norm

AT_ONCE = 16  # examples that are described at once


def scores_of(describe, examples, image_hw):
    """What a description of cells is worth, on examples.

    Args:
        describe: function of maps (B, h, w, C) -> cells (B, h, w, D), every one of length 1.
        examples: list of `Example`.
        image_hw: (H, W) of their pictures, pixels.

    Returns:
        dict: "nearest", share of the cells seen whose nearest cell of the reference is where it should be; "auc", of the mean cosine
        of cells and what is at their places, of the reference against the other one, all examples together; "paired", share of
        the examples in which the reference has the higher one. NaN where no example has enough that is seen.
    """
    middles, near = middles_norm(image_hw), near_norm(image_hw)
    examples = [example for example in examples if example.seen.sum() >= LEAST_SEEN]
    if not examples:
        return dict.fromkeys(("nearest", "auc", "paired"), float("nan"))
    right, same, other = [], [], []
    for start in range(0, len(examples), AT_ONCE):
        some = examples[start : start + AT_ONCE]
        maps = np.concatenate([np.stack([e.reference, e.view, e.other]) for e in some])
        described = np.asarray(describe(maps))
        cells = described.reshape(len(some), 3, -1, described.shape[-1])
        for example, (reference, view, alike) in zip(some, cells, strict=True):
            view, places = view[example.seen], example.places[example.seen]
            here = np.linalg.norm(places[:, None] - middles, axis=-1) <= near
            cosines = view @ reference.T
            right.append(here[np.arange(len(view)), cosines.argmax(axis=1)].mean())
            same.append(best_here(cosines, here))
            other.append(best_here(view @ alike.T, here))
    distance = -np.concatenate([same, other])
    label = np.repeat([1, 0], len(examples))
    return {
        "nearest": float(np.mean(right)),
        "auc": float(roc_auc(label, distance)),
        "paired": float(np.mean(np.greater(same, other))),
    }


def best_here(cosines, here):
    """The mean over rows of the highest cosine (n, N) where `here` (n, N) bool allows; a row in which nothing is counts as 0."""
    return float(np.where(here.any(axis=1), np.where(here, cosines, -1).max(axis=1), 0).mean())
