"""Small things among others, found by codes of the whole frame, and of regions besides: by two sizes of what the network sees."""

import time

import numpy as np
from retrieval_heads import joined_rows, parts_of, whitening_of
from retrieval_maps import SIDE
from retrieval_scenes import SmallThings

from getnet_tf.data.picture_folder import evenly
from getnet_tf.retrieval.ranking.adaptive_matching import adaptive_match
from getnet_tf.retrieval.recipe import Recipe, joined
from getnet_tf.retrieval.regions.significant import fused, significant
from getnet_tf.retrieval.regions.squares import Squares

HEADS = ("crow", "gem", "rmac")
SIDES = (SIDE, 2 * SIDE)  # of a frame as the network takes it; what is asked for has the first
RERANKED = 50
WITHOUT = "without regions"


def measure(options, network):
    """Rows: for every head and side the ways to ask."""
    things = SmallThings(options.data, options.part, options.scenes)
    first = network(SIDE)
    asked = first.files(options.cache, f"caltech-{options.part}", things.photos.paths)[things.asked]
    learned = first.files(options.cache, "caltech-train", things.kinds_of_training())
    rows = [{"way": "by chance", "map": float(things.held.mean())}]
    for side in SIDES:
        frames = network(side).maps(options.cache, f"frames-{options.part}-{options.scenes}", things)
        for head in HEADS:
            recipe = Recipe(head)
            whitening = whitening_of(parts_of(recipe, learned), options.dim)
            queries = joined(parts_of(recipe, asked), whitening)
            for way, likeness in likenesses(recipe, frames, queries, whitening).items():
                begun = time.perf_counter()
                value = things.mean_average_precision(likeness())
                ms = 1000 * (time.perf_counter() - begun) / len(queries)
                rows.append({"head": head, "side": side, "way": way, "map": value, "ms": ms})
                print(rows[-1], flush=True)
    return rows
