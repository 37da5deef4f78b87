"""Is one "not this one" enough? False matches on look-alikes, before and after a counter-example, and what it costs of the matches.

    python benchmarks/counter_examples.py --data PATH                    # minutes
    python benchmarks/counter_examples.py --data PATH --sets cards --limit 60

A trial has a reference of a thing, a picture of it, and two pictures of one look-alike. What one of these shows is the counter-example, as
whoever presses the key makes one; in the other the look-alike is searched for as the thing itself, as a single picture is searched.

    rendered    20 scans that nothing learns from, among others, as in `this_thing.py`: seen from within 60 degrees, in any turn
    grocery     a product by another photo of it; the look-alike is another product of its coarse class
    cards       a card of the rank; the look-alike is a card of another rank

"The same recall" is a level raised, without any counter-example, until as many things are found as with one: a counter-example is
worth something only if it does better than that.
"""

import dataclasses
import functools
import sys

import bench
import boxed_sets
import numpy as np
import photo_sets
from frozen_scenes import bgr
from this_thing_sets import rendered
from this_thing_sets.trial import picked

from edge_demo.gallery.palette import COLORS
from edge_demo.gallery.still import search_still
from edge_demo.gallery.views import KnownObject
from edge_demo.level import LEVEL
from edge_demo.model.preprocess import read_picture
from edge_demo.model.regions import piece_of
from getnet_tf.data.cameras import drawn_direction, looking_from
from getnet_tf.data.picture import read_rgb
from getnet_tf.data.renders import Renderer
from getnet_tf.errors import InputError

SEED = 77
LEVELS = (0.5, LEVEL / 100)
BESIDE = (1, 3)  # things beside the one that is asked for


@dataclasses.dataclass(frozen=True, eq=False)
class Trial:
    """Pictures (H, W, 3) uint8, BGR."""

    reference: np.ndarray
    present: np.ndarray  # shows the thing
    counter_example: np.ndarray  # the look-alike, which fills it
    absent: np.ndarray  # shows the look-alike again


def rendered_trials(data, limit):
    """As `this_thing_sets.rendered`, with two scenes of the look-alike, each of its own."""
    with Renderer() as renderer:
        studio = rendered.Studio(data, "test", renderer)
        return [_rendered(studio, number) for number in range(limit)]


def _rendered(studio, number):
    rng = np.random.default_rng((SEED, number))
    wanted = number % len(studio.meshes)
    thing = rendered.Thing(studio.meshes[wanted])
    alike = studio.look_alike(wanted, number + number // len(studio.meshes), rng)
    shown = looking_from(drawn_direction(rng))
    again = functools.partial(rendered.turned_anyhow, rendered.WITHIN_DEG, shown)
    reference = studio.reference(thing, shown, rng)
    strangers = [mesh for mesh in studio.meshes if mesh not in (thing.mesh, alike.mesh)]

    def scene(of):
        count = rng.integers(BESIDE[0], BESIDE[1] + 1)
        things = [
            studio.drawn(rendered.Thing(strangers[i]), looking_from(drawn_direction(rng)), rng)
            for i in rng.choice(len(strangers), count, replace=False)
        ]
        place = rng.integers(count + 1)
        things.insert(place, studio.drawn(of, again(rng), rng))
        frame, box = studio.scene(things, place, rng)
        return bgr(frame), box

    present, _ = scene(thing)
    kept, box = scene(alike)
    absent, _ = scene(alike)
    return Trial(bgr(reference), present, piece_of(kept, box), absent)


def grocery_trials(data, limit):
    """Whole photos: of each at most one trial."""
    photos = photo_sets.grocery(data)["test"]
    coarse = dict(zip(*(photo_sets.grocery_names(data, which) for which in ("fine", "coarse")), strict=True))
    names = np.array([photos.class_names[label] for label in photos.labels])
    groups, pictures = np.array([coarse[name] for name in names]), np.arange(len(names))
    found = []
    for i in pictures:
        own = pictures[(names == names[i]) & (pictures != i)]
        rivals = sorted(set(names[(groups == groups[i]) & (names != names[i])]))
        rivals = [name for name in rivals if (names == name).sum() > 1]
        if len(own) and rivals:
            rng = np.random.default_rng([SEED, i])
            found.append(
                (rng.choice(own), i, *rng.choice(pictures[names == rng.choice(rivals)], 2, replace=False))
            )
    return [Trial(*(bgr(read_rgb(photos.paths[j])) for j in four)) for four in picked(found, limit)]


def card_trials(data, limit):
    """The first photo of each rank gives the reference, and does not count."""
    rng, photos, references = np.random.default_rng(SEED), {}, {}
    for path, rank, box in boxed_sets.single_cards(data):
        if rank in references:
            photos.setdefault(rank, []).append((read_picture(path), box))
        else:
            references[rank] = boxed_sets.cut(read_picture(path), box)
    found = []
    for rank, picture in picked([(own, one) for own in photos for one, _ in photos[own]], limit):
        other = photos[rng.choice([other for other in photos if other != rank])]
        (kept, box), (absent, _) = (other[i] for i in rng.choice(len(other), 2, replace=False))
        found.append(Trial(references[rank], picture, boxed_sets.cut(kept, box), absent))
    return found


SETS = {"rendered": rendered_trials, "grocery": grocery_trials, "cards": card_trials}


def scores(matcher, trial):
    """Of the picture with the thing and of the one without: (score before, score after) the counter-example each."""
    before = KnownObject("thing", COLORS[0], (matcher.describe(trial.reference, "thing"),))
    after = before.unlike(matcher.describe(trial.counter_example, "thing"))
    return [_before_and_after(matcher, picture, before, after) for picture in (trial.present, trial.absent)]


def _before_and_after(matcher, picture, before, after):
    (found,) = search_still(matcher, picture, [before])
    if not found.match:  # only what matches is held against counter-examples
        return found.score, found.score
    return found.score, search_still(matcher, picture, [after])[0].score


def row_of(name, scores, level):
    """The numbers of a set at a level in [0, 1], from (N, 2, 2) scores: with the thing and without it, before and after."""
    present, absent = scores[:, 0], scores[:, 1]
    found, false = (np.mean(own >= level, axis=0) for own in (present, absent))
    as_many = np.quantile(present[:, 0], 1 - found[1], method="higher")
    return {
        "set": name,
        "level": level,
        "trials": len(present),
        "found": found[0],
        "found_after": found[1],
        "false": false[0],
        "false_after": false[1],
        "false_at_same": np.mean(absent[:, 0] >= max(as_many, level)),
    }


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds objects/, caltech101/, grocery/ and cards/")
    bench.add_model(parser, "a .tflite file that tells cells; default: the shipped one")
    parser.add_argument("--sets", metavar="NAME,...", help=f"of {', '.join(SETS)}; default: all")
    bench.add_count(parser, 120, "trials of a set, at most", "--limit")


def measure(options):
    """Rows for each set, and for all of them, at the level where models decide, and at the program's."""
    names = options.sets.split(",") if options.sets else list(SETS)
    if unknown := [name for name in names if name not in SETS]:
        raise InputError(
            f"No such set: {', '.join(unknown)}. Expected of {', '.join(SETS)}; give another --sets."
        )
    matcher = bench.open_model(options.model, options.threads)
    if matcher.layout is None:
        raise InputError(f"{options.model}: expected a file that tells cells. Join one, see export/join.py.")
    of_sets = {}
    for name in names:
        trials = SETS[name](options.data, options.limit)
        bench.say(f"{name}: {len(trials)} trials")
        of_sets[name] = np.array([scores(matcher, trial) for trial in trials])
    of_all = {**of_sets, "all": np.concatenate(list(of_sets.values()))}
    rows = [row_of(name, own, level) for level in LEVELS for name, own in of_all.items()]
    return {"rows": rows, "scores": {name: own.tolist() for name, own in of_sets.items()}}


def markdown(result):
    """The rows as they are."""
    columns = {
        "": bench.text("set"),
        "level": bench.number("level", 2),
        "trials": bench.text("trials"),
        "found %": bench.percent("found"),
        "with a counter-example": bench.percent("found_after"),
        "false %": bench.percent("false"),
        "with a counter-example ": bench.percent("false_after"),
        "without one, at the same recall": bench.percent("false_at_same"),
    }
    return bench.table(result["rows"], columns)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
