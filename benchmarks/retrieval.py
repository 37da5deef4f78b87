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
TARGETS = {  # name -> (what is measured of the result, least)
    "Caltech-101, best AP@10": (lambda result: best(result["caltech"], "ap_at_10"), 0.90),
    "Grocery, best head above averaging, mAP": (lambda result: above_average(result["grocery"]), 0.05),
    "Grocery, best head, 8 bits below float, mAP": (lambda result: -lost(result["grocery"]), -0.005),
    "scenes, with regions over without": (lambda result: retrieval_regions.gain(result[SCENES]), 1.5),
}


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
    """A row: the mean of all draws, and the milliseconds of a picture's code beside the backbone's."""
    maps = [see.files(options.cache, name, paths) for name, paths in asked.parts.items()]
    parts, regions = (joined_rows(of(recipe, one) for one in maps) for of in (parts_of, regions_of))
    row = averaged(
        [found(recipe, parts, regions, asked.labels, queries, options.dim) for queries in asked.draws]
    )
    bench.say(f"measured    {see.name} {recipe.head}: {row['whitened']}")
    return row


def missed(result):
    """Names of the targets that were measured and not reached."""
    wanted = {"Caltech-101": "caltech", "Grocery": "grocery", "scenes": SCENES}
    return [
        f"{name}: {value:.3f}, expected {least}"
        for name, (of, least) in TARGETS.items()
        if wanted[name.split(",")[0]] in result and not (value := of(result)) >= least
    ]
