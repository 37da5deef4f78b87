"""Trials to learn telling from: what a search with the shipped model took for a thing, and what was the thing.

    python benchmarks/telling_trials.py --data PATH --out runs/trials                    # two hours on a core, 2 GB
    python benchmarks/telling_trials.py --data PATH --out runs/trials --share 1/2        # half of them; the other half beside it
    python benchmarks/telling_trials.py --data PATH --out runs/watched --part val --limit 80    # by which the training is watched

Every trial is a file: the reference, the surest look at the thing itself, and the surest look at anything else in the picture that shows
the thing and in the one that does not, each as the search compares it; see `getnet_tf.individuals.telling.trials`. Scans (other ones than
`this_thing.py` reports on), drawn prints, products and, with `--furniture`, modelled things come one set after the other. What is there
already is not made again.
"""

import argparse
import functools
import itertools
import pathlib
import sys

import bench
import numpy as np
from frozen_scenes import backgrounds_of
from this_thing_sets import grocery, prints, rendered
from this_thing_sets.trial import in_turns

from edge_demo.gallery.palette import COLORS
from edge_demo.gallery.views import KnownObject, search_objects
from edge_demo.model.geometry import overlaps
from edge_demo.model.layout.likeness import canvas_at, whole_of
from edge_demo.model.this_one import with_area
from getnet_tf.data.renders import Renderer
from getnet_tf.errors import InputError
from getnet_tf.individuals.telling.trials import REST, ROLES, Trial, write

RIGHT, WRONG = (
    0.5,
    0.3,
)  # IoU with the thing's box: from the one on a look shows it, up to the other something else
PARTS = ("train", "val")
SETS = ("rendered", "prints", "grocery", "furniture")
RENDERED_SEED, FURNITURE_SEED = {"train": 31, "val": 32}, 33


def rendered_trials(data, part, seed, count, renderer, things=None):
    """Functions that give trials with scans, three quarters of them with views within 60 degrees."""
    studio = rendered.Studio(data, part, renderer, things)
    rows = list(rendered.ROWS.items())

    def made(number):
        row, most_deg = rows[number % 4 == 3]
        seen_again = functools.partial(rendered.turned_anyhow, most_deg)
        return rendered.trial(studio, row, (seed, number), number, seen_again)

    return [functools.partial(made, number) for number in range(count)]


def print_trials(data, part, count):
    """Functions that give trials with prints."""
    backgrounds = backgrounds_of(data, part)
    return [functools.partial(prints.trial, backgrounds, (prints.SEEDS[part], n)) for n in range(count)]


def grocery_trials(data, part, count):
    """Functions that give trials with products, whole photos and scenes."""
    every = grocery.trials(data, part, -(-count // 3))
    return [functools.partial(lambda trial: trial, trial) for trial in in_turns(every, count)]


def learned_from(matcher, trial):
    """What is to be learned of a trial of `this_thing.py`: `telling.trials.Trial`, None if nothing can be.

    Where the thing fills the picture, the surest look at it is right.
    """
    known = KnownObject("thing", COLORS[0], (matcher.describe(trial.reference, "thing"),))
    shown = known.views[0].shown
    at_thing, elsewhere = [], []
    for frame, box_px in ((trial.present, trial.box_px), (trial.absent, None)):
        (kind,) = search_objects(matcher, frame, [known], early_no=False)
        boxes = with_area([kind.box_px, None if box_px is None else tuple(map(float, box_px))])
        looks = [(look, frame) for look in matcher.layout.looks(matcher.layout.see(frame), shown, boxes)]
        if frame is trial.absent:
            elsewhere += looks
        elif box_px is None:
            at_thing += looks
        else:
            own = overlaps(np.array([look.place.box_px for look, _ in looks]), np.array(box_px, float)[None])[
                :, 0
            ]
            at_thing += list(itertools.compress(looks, own >= RIGHT))
            elsewhere += list(itertools.compress(looks, own <= WRONG))
    if not at_thing or not elsewhere:
        return None
    chosen = [max(looks, key=lambda pair: pair[0].logit) for looks in (at_thing, elsewhere)]
    canvases = [canvas_at(whole_of(trial.reference), trial.reference)]
    canvases += [canvas_at(look.place, frame) for look, frame in chosen]
    rest = [[look.like[name] for name in REST] for look, _ in chosen]
    pictures = dict(zip(ROLES, (canvas[..., ::-1] for canvas in canvases), strict=True))
    return Trial(pictures, np.float32(rest), shown.compared)


def share(text):
    """The argument "1/2" -> (1, 2)."""
    own, _, processes = text.partition("/")
    if not (own.isdecimal() and processes.isdecimal() and 1 <= int(own) <= int(processes)):
        raise argparse.ArgumentTypeError(f"expected a share such as 1/2, received {text!r}")
    return int(own), int(processes)


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds objects/, caltech101/ and grocery/")
    bench.add_model(parser, "a .tflite file that tells cells; default: the shipped one")
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="DIR", help="for the trials")
    parser.add_argument(
        "--part", choices=PARTS, default=PARTS[0], help="things to learn from, or to watch (default: train)"
    )
    parser.add_argument("--sets", metavar="NAME,...", help=f"of {', '.join(SETS)}; default: all")
    parser.add_argument(
        "--furniture",
        type=pathlib.Path,
        metavar="DIR",
        help="scans for a set furniture, see docs/individuals.md",
    )
    parser.add_argument(
        "--share", type=share, default=(1, 1), metavar="N/M", help="the Nth of M shares; default: all"
    )
    bench.add_count(parser, 900, "trials of a set; of scans twice as many", "--limit")


def sets_of(options, renderer):
    """Of what there are trials: dict from names to functions that give lists of functions that give one."""
    data, part, count = options.data, options.part, options.limit

    def scans(seed, things=None):
        return rendered_trials(data, part, seed, 2 * count, renderer, things)

    sets = {
        "rendered": lambda: scans(RENDERED_SEED[part]),
        "prints": lambda: print_trials(data, part, count),
        "grocery": lambda: grocery_trials(data, part, count),
    }
    if options.furniture is not None:
        sets["furniture"] = lambda: scans(FURNITURE_SEED, options.furniture)
    return sets


def measure(options):
    """Makes what is not there."""
    matcher = bench.open_model(options.model, options.threads)
    if matcher.layout is None:
        raise InputError(f"{options.model}: expected a file that tells cells. Join one, see export/join.py.")
    options.out.mkdir(parents=True, exist_ok=True)
    made, (own, processes) = {}, options.share
    with Renderer() as renderer:
        sets = sets_of(options, renderer)
        for name in options.sets.split(",") if options.sets else sets:
            if name not in sets:
                raise InputError(
                    f"No such set: {name}. Expected of {', '.join(sets)}; give another --sets, or --furniture."
                )
            every = list(enumerate(sets[name]()))
            for number, trial in every[own - 1 :: processes]:
                path = options.out / f"{name}-{number:05d}.npz"
                if not path.is_file():
                    found = learned_from(matcher, trial())
                    if found is not None:
                        write(path, found)
                        made[name] = made.get(name, 0) + 1
                if number // processes % 100 == 99:
                    bench.say(f"{name}: {number + 1}")
    return {"rows": [{"set": name, "made": n} for name, n in made.items()]}


def markdown(result):
    """How many were made."""
    return bench.table(result["rows"], {"set": bench.text("set"), "trials": bench.text("made")})


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
