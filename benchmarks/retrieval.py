"""How well pictures are found by their codes: heads, whitening, ranking, regions and losses, in float and in 8 bits.

    python benchmarks/retrieval.py --data PATH --cache cache --json retrieval.json       # two hours on two cores; again, minutes
    python benchmarks/retrieval.py --data PATH --cache cache --sets caltech --part val   # to choose by

Sets: `caltech`, 5 % of the pictures of 60 kinds asked for among the others, five draws; `grocery`, shelves of `val` among those of
`train`, fine classes; `scenes`, small things of kinds that no training has seen among others, with regions and without; `losses`,
trainings on 40 kinds and on shelves, tried on new kinds and on other shelves. A whitening is fitted on the pictures that are searched,
of scenes on Caltech-101's 40 kinds: never on what is asked for. `retrieval_index.py` has the indexes.

What a model sees of a picture is kept in --cache (7 GB), with the trainings and their file.
"""

import pathlib
import sys

import bench
import numpy as np
import retrieval_losses
import retrieval_regions
import retrieval_runs
from retrieval_heads import RECIPES, WAYS, averaged, found, parts_of, regions_of
from retrieval_maps import SIDE, SeenBy
from retrieval_sets import SETS

from getnet_tf.console import start_tensorflow
from getnet_tf.retrieval.file_maps import FileMaps
from getnet_tf.retrieval.whitening import DIM

HEADS_OF = ("caltech", "grocery")
SCENES, LOSSES = "scenes", "losses"


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/ and grocery/")
    parser.add_argument("--cache", type=pathlib.Path, required=True, metavar="DIR", help="for what is seen")
    every = (*HEADS_OF, SCENES, LOSSES)
    parser.add_argument(
        "--sets", nargs="+", choices=every, default=list(every), metavar="SET", help="a part of them"
    )
    bench.add_part(parser, "test")
    parser.add_argument("--dim", type=bench.positive, default=DIM, help="numbers of a whitened code")
    bench.add_count(parser, 500, "scenes", "--scenes")


def measure(options):
    """All sets that were asked for."""
    start_tensorflow()
    options.cache.mkdir(parents=True, exist_ok=True)
    float_one = network(SIDE)
    path = retrieval_runs.in_8_bits(options.data, options.cache, float_one)
    models = {"float": float_one, "int8": SeenBy(f"int8-{SIDE}", lambda: FileMaps(path, threads=1))}
    result = {"bytes of the file": path.stat().st_size}
    for name in HEADS_OF:
        if name in options.sets:
            asked = SETS[name](options.data, options.part)
            result[name] = [
                {"head": head, "numbers": numbers, **of_head(see, options, asked, recipe)}
                for numbers, see in models.items()
                for head, recipe in RECIPES.items()
            ]
    if SCENES in options.sets:
        result[SCENES] = retrieval_regions.measure(options, network)
    if LOSSES in options.sets:
        result[LOSSES] = retrieval_losses.measure(options.data, options.cache, float_one, options.part)
    result["missed"] = missed(result)
    return result


def network(side):
    """EfficientNet-Lite0 with ImageNet's weights, for squares of a side."""

    def opened():
        from getnet_tf.retrieval.network_maps import imagenet_maps

        return imagenet_maps((side, side))

    return SeenBy(f"float-{side}", opened)


def of_head(see, options, asked, recipe):
    """The scores of every way, the mean of all draws."""
    maps = [see.files(options.cache, name, paths) for name, paths in asked.parts.items()]
    parts, regions = (np.concatenate([of(recipe, one) for one in maps]) for of in (parts_of, regions_of))
    row = averaged(
        [found(recipe, parts, regions, asked.labels, queries, options.dim) for queries in asked.draws]
    )
    bench.say(f"measured    {see.name} {recipe.head}: {row['whitened']}")
    return row


def best(rows, name):
    """The largest of all heads and ways."""
    return max(row[way][name] for row in rows for way in WAYS)


def of(rows, head, numbers):
    """The row of a head."""
    return next(row for row in rows if (row["head"], row["numbers"]) == (head, numbers))


def above_average(rows):
    """By how much the best way of the best head finds more than plain averaging: mAP."""
    return best(rows, "map") - of(rows, "average", "float")["plain"]["map"]


def lost(rows):
    """How much 8 bits cost of the best head and way in float: mAP."""
    value, head, way = max(
        (row[way]["map"], row["head"], way) for row in rows if row["numbers"] == "float" for way in WAYS
    )
    return value - of(rows, head, "int8")[way]["map"]


def missed(result):
    """Names of the targets that were measured and not reached."""
    targets = [
        ("caltech", "best AP@10", lambda rows: best(rows, "ap_at_10"), 0.90),
        ("grocery", "best head above plain averaging, mAP", above_average, 0.05),
        ("grocery", "8 bits above float, mAP", lambda rows: -lost(rows), -0.005),
        (SCENES, "with regions over without", retrieval_regions.gain, 1.5),
    ]
    return [
        f"{name}, {what}: {value:.3f}, expected {least}"
        for name, what, measured, least in targets
        if name in result and not (value := measured(result[name])) >= least
    ]


def markdown(result):
    """A table for each set."""
    pages = [f"Bytes of the file: {result['bytes of the file']:,}"]
    for name in HEADS_OF:
        if name in result:
            cell = bench.together("{}, {}", bench.number("map", 3), bench.number("ap_at_10", 3))
            columns = {"head": bench.text("head"), "": bench.text("numbers")}
            columns |= {f"{way}: mAP, AP@10": bench.of(way, cell) for way in WAYS}
            pages += [f"### {name}", bench.table(result[name], columns), costs(result[name])]
    if SCENES in result:
        pages += [f"### {SCENES}", retrieval_regions.markdown(result[SCENES])]
    if LOSSES in result:
        pages += [f"### {LOSSES}", retrieval_losses.markdown(result[LOSSES])]
    return "\n\n".join(pages + [f"Missed: {name}" for name in result["missed"]])


def costs(rows):
    """What the ways cost: milliseconds of a query, and bytes of a code."""
    columns = {
        "way": bench.text("way"),
        "ms a query": bench.number("ms", 2),
        "bytes a code": bench.number("bytes", 0),
    }
    every = [{"way": way, **row[way]} for row in rows if row["head"] == "gem" for way in WAYS]
    return bench.table(every[: len(WAYS)], columns)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
