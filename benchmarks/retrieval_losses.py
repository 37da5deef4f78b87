"""What codes learn by the losses: the same batches, the same steps, from the same start, on kinds and on products.

Measured on what was not learned from: twelve kinds that no training has seen, and Grocery Store's `val` against its `train`.
"""

import dataclasses

import bench
import numpy as np
from retrieval_heads import averaged, parts_of, ranked, scores
from retrieval_runs import trained
from retrieval_sets import SETS

from getnet_tf.retrieval.card import CodeCard
from getnet_tf.retrieval.recipe import joined
from getnet_tf.retrieval.settings import LOSS_NAMES

HEAD, STEPS = "crow", 200
RUNS = {
    "none": {"steps": 0},
    **{loss: {"loss": loss, "steps": STEPS} for loss in LOSS_NAMES},
    "none, NetVLAD": {"head": "netvlad", "steps": 0},
    "weak-triplet, NetVLAD": {"head": "netvlad", "loss": "weak-triplet", "steps": STEPS},
}
TRIED_ON = {"kinds": "new kinds", "products": "grocery"}


def measure(data, cache, see, part):
    """Trains what is missing, and asks: list of rows."""
    from getnet_tf.retrieval.network import CodeNetwork

    rows = []
    for of, asked_of in TRIED_ON.items():
        asked = SETS[asked_of](data, part)
        for name, settings in RUNS.items():
            run = trained(data, cache, see, of, name.replace(", ", "-"), **{"head": HEAD, **settings})
            recipe = CodeCard.load(run, CodeNetwork).recipe()
            maps = [see.files(cache, one, paths) for one, paths in asked.parts.items()]
            plain = dataclasses.replace(recipe, whitening=None)
            codes = joined(np.concatenate([parts_of(plain, one) for one in maps]), recipe.whitening)
            found = [
                {"found": scores(ranked(codes[q], codes[~q]), asked.labels[q], asked.labels[~q])}
                for q in asked.draws
            ]
            card = CodeCard.read(run)
            rows.append({"of": of, "loss": name, "seconds": card.seconds, **averaged(found)["found"]})
            print(rows[-1], flush=True)
    return rows


def markdown(rows):
    """A row for each training."""
    columns = {
        "learned from": bench.text("of"),
        "loss": bench.text("loss"),
        "seconds": bench.number("seconds", 0),
        "mAP": bench.number("map", 3),
        "AP@10": bench.number("ap_at_10", 3),
    }
    return bench.table(rows, columns)
