"""Small things among others, found by the code of a whole frame, and by those of its regions besides, at several sizes of the frame."""

import bench
import numpy as np
from retrieval_heads import parts_of, whitening_of
from retrieval_maps import SIDE
from retrieval_scenes import SmallThings

from getnet_tf.retrieval.recipe import Recipe, joined
from getnet_tf.retrieval.regions.squares import Squares

HEADS = ("crow", "gem")
SIDES = (SIDE, 2 * SIDE)  # of a frame as the network takes it; what is asked for has the first
WITHOUT, WITH = "without regions", "with regions"


def measure(options, network):
    """Rows: for every head and side both ways, and what an order by chance would have."""
    things = SmallThings(options.data, options.part, options.scenes)
    small = network(SIDE)
    seen = {
        part: small.files(options.cache, f"caltech-{part}", photos.paths)
        for part, photos in things.splits.items()
        if part in (options.part, "train")
    }
    rows = [{"way": "by chance", "map": float(things.held.mean())}]
    for side in SIDES:
        frames = network(side).maps(options.cache, f"frames-{options.part}", things)
        for head in HEADS:
            recipe = Recipe(head)
            whitening = whitening_of(parts_of(recipe, seen["train"]), options.dim)
            asked = joined(parts_of(recipe, seen[options.part][things.asked]), whitening)
            for way, likeness in likenesses(recipe, whitening, asked, frames).items():
                value = things.mean_average_precision(likeness)
                rows.append({"head": head, "side": side, "way": way, "map": value})
                bench.say(f"measured    {rows[-1]}")
    return rows


def likenesses(recipe, whitening, asked, frames):
    """What is asked for (Q, D) against maps of frames (N, h, w, K): dict of way -> (Q, N), cosines; of regions the best one."""
    whole = asked @ joined(parts_of(recipe, frames), whitening).T
    best = whole
    for left, top, right, bottom in Squares(frames.shape[1:3]).boxes:
        part = joined(parts_of(recipe, frames[:, top:bottom, left:right]), whitening)
        best = np.maximum(best, asked @ part.T)
    return {WITHOUT: whole, WITH: best}


def gain(rows):
    """Of the best row with regions over the best one without, at whatever size."""
    best = {way: max(row["map"] for row in rows if row["way"] == way) for way in (WITHOUT, WITH)}
    return best[WITH] / best[WITHOUT]


def markdown(rows):
    """A row for each way."""
    columns = {
        "head": bench.text("head"),
        "frame, pixels": bench.text("side"),
        "": bench.text("way"),
        "mAP": bench.number("map", 3),
    }
    return bench.table(rows, columns)
