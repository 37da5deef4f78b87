"""How well the codes of each head find pictures of a kind: plain, whitened, with query expansion, and re-ranked.

Re-ranked is query adaptive matching of the first answers, which regions of R-MAC's grid are mixed for.
"""

import time

import numpy as np

from getnet_tf.data.picture_folder import evenly
from getnet_tf.retrieval.average_precision import average_precision
from getnet_tf.retrieval.finder import ALPHA, EXPANDED_BY
from getnet_tf.retrieval.heads import HEADS
from getnet_tf.retrieval.ranking.adaptive_matching import adaptive_match
from getnet_tf.retrieval.ranking.database_augmentation import augmented
from getnet_tf.retrieval.ranking.query_expansion import alpha_expanded
from getnet_tf.retrieval.recipe import Recipe, joined
from getnet_tf.retrieval.regions.grid import grid
from getnet_tf.retrieval.unit import unit
from getnet_tf.retrieval.whitening import fitted

LIMIT = 10  # of AP@10
BLOCK = 64  # pictures at once
FITTED_ON = 8000  # parts that components are sought of, at most
RERANKED = 50  # of the first answers
# The plain average is what every head is held against.
RECIPES = {"average": Recipe("gem", {"power": 1.0}), **{name: Recipe(name) for name in HEADS}}
WAYS = ("plain", "whitened", "alpha QE", "augmented, alpha QE", "re-ranked")


def parts_of(recipe, maps):
    """What a recipe's head makes of maps (N, h, w, K): (N, R, K) float32."""
    return np.concatenate([recipe.parts(maps[n : n + BLOCK]) for n in range(0, len(maps), BLOCK)])


def regions_of(recipe, maps):
    """The same of the squares of R-MAC's grid, whose parts these are already: (N, 14, K)."""
    if recipe.head == "rmac":
        return parts_of(recipe, maps)
    squares = grid(maps.shape[1:3])
    return np.concatenate(
        [parts_of(recipe, maps[:, top:bottom, left:right]) for left, top, right, bottom in squares], axis=1
    )


def whitening_of(parts, dim):
    """`Whitening` of the parts (N, R, K) of pictures that nobody asks for."""
    every = unit(parts).reshape(-1, parts.shape[-1])
    return fitted(every[evenly(len(every), FITTED_ON)], dim)


def found(recipe, parts, regions, labels, queries, dim):
    """The scores of every way.

    Args:
        recipe: `Recipe` of the parts.
        parts: (N, R, K) of all pictures, and `regions` (N, 14, K).
        labels: (N,) kinds.
        queries: (N,) bool, those that are asked for among the others; the whitening never sees them.
        dim: numbers of a whitened code.

    Returns:
        dict: way -> {"map", "ap_at_10", "ms" of a query, "bytes" of a code}.
    """
    kinds = labels[queries], labels[~queries]
    plain, whitening = joined(parts), whitening_of(parts[~queries], dim)
    asked, others = (joined(parts[which], whitening) for which in (queries, ~queries))
    of_others = whitening(unit(regions[~queries]))
    richer = augmented(others, EXPANDED_BY, ALPHA)  # once, before anybody asks
    answers = {
        "plain": lambda: ranked(plain[queries], plain[~queries]),
        "whitened": lambda: ranked(asked, others),
        "alpha QE": lambda: ranked(expanded(asked, others), others),
        "augmented, alpha QE": lambda: ranked(expanded(asked, richer), richer),
        "re-ranked": lambda: matched(asked, ranked(asked, others), of_others),
    }
    result = {}
    for way, answer in answers.items():
        begun = time.perf_counter()
        order = answer()
        ms = 1000 * (time.perf_counter() - begun) / len(order)
        numbers = plain.shape[1] if way == "plain" else asked.shape[1]
        result[way] = scores(order, *kinds) | {"ms": ms, "bytes": 4 * numbers}
    return result


def ranked(asked, others):
    """Numbers (Q, N) of the others, the nearest first."""
    return np.argsort(-asked @ others.T, axis=1, kind="stable")


def expanded(asked, others):
    """Queries (Q, D) that have learned from their answers."""
    order = ranked(asked, others)[:, :EXPANDED_BY]
    return np.stack([alpha_expanded(q, others[own], ALPHA) for q, own in zip(asked, order, strict=True)])


def matched(asked, order, regions):
    """The order (Q, N) with its first answers sorted again by query adaptive matching with regions (N, 14, D)."""
    order = order.copy()
    for query, own in zip(asked, order, strict=True):
        first = own[:RERANKED]
        fits = [adaptive_match(query, regions[number])[0] for number in first]
        own[:RERANKED] = first[np.argsort(-np.array(fits), kind="stable")]
    return order


def scores(order, asked, others):
    """mAP and AP@10 of an order (Q, N), with the kinds (Q,) of what is asked for and (N,) of the others."""
    right = others[order] == asked[:, None]
    each = [(row, row.sum()) for row in right if row.any()]
    return {
        "map": float(np.mean([average_precision(row, total) for row, total in each])),
        "ap_at_10": float(np.mean([average_precision(row, total, LIMIT) for row, total in each])),
    }


def averaged(results):
    """Several results of `found` as one, every number the mean of them; the spread of AP@10 beside it."""
    mean = {
        way: {name: float(np.mean([one[way][name] for one in results])) for name in results[0][way]}
        for way in results[0]
    }
    for way, row in mean.items():
        row["spread"] = float(np.std([one[way]["ap_at_10"] for one in results]))
    return mean
