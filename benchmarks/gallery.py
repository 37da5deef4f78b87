"""What does a gallery of 1,000 things cost on the edge, and when is what is there found?

    python benchmarks/gallery.py --data PATH --json gallery.json      # one thread, 6 minutes
    python benchmarks/gallery.py --data PATH --part val               # kinds to choose by

The gallery is of pictures of Caltech-101's training kinds, each a thing of its own. Time: frames of `video/cup.mp4` in order, as the demo
takes them, with one thing and with all; of the processor, so that what else a machine does counts little. Target: at most 2.0 times one.

Finds: scenes of `natural_scenes.py` and `frozen_scenes.py` whose thing is found when it is one of two that are searched for. Among all
others, in a film of one scene that another one came before, how many frames is it until its turn comes? From then on it is found as it
was. "looked up alone" is the share that is among the likeliest few that a frame could be searched for: what there would be without
turns. None may be lost: every one must come within 3,000 frames.
"""

import itertools
import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # NumPy reads it when it is loaded

import bench
import cv2
import natural_scenes
import numpy as np
import photo_sets
from boxed_sets import clip_path, frames_of
from frozen_scenes import KINDS, bgr, frozen_scenes, held_out

from edge_demo.errors import EdgeError
from edge_demo.gallery.objects import Objects
from edge_demo.gallery.palette import COLORS
from edge_demo.gallery.views import KnownObject
from edge_demo.model.turns import LOCATED, Turns
from getnet_tf.evaluation import metrics

TARGET = 2.0
FRAMES = 64  # of the film, on average over which the time is
ALONE = 6  # things that are timed alone
RIGHT = 0.5  # IoU from which a box counts as right
BEFORE = 200  # frames of another scene
WITHIN = (1, 10, 30, 100, 300, 1000)  # frames
MOST = 3000
SEED = 501


class Shown(Objects):
    """Things that are known already."""

    def __init__(self, matcher, known):
        super().__init__(matcher)
        self._known = {one.name: one for one in known}


def things(matcher, data, count):
    """The gallery: a list of `KnownObject`."""
    photos = photo_sets.caltech(data, 0)["train"]
    order = np.random.default_rng(SEED).permutation(len(photos.paths))
    known = []
    for index in order:
        try:
            view = matcher.describe(cv2.imread(photos.paths[index]), "view")
        except EdgeError:  # blank
            continue
        known.append(KnownObject(f"{index}", COLORS[0], (view,)))
        if len(known) == count:
            break
    return known


def film_ms(matcher, frames, known):
    """(milliseconds a frame of the processor, things found in a frame), on average; the first frame, which may make tables, is left out."""
    objects, times, found = Shown(matcher, known), [], []
    for frame in frames:
        begun = time.thread_time()
        result = objects.match(frame)
        times.append(time.thread_time() - begun)
        found.append(sum(one.match for one in result.objects))
    return 1000 * float(np.mean(times[1:])), float(np.mean(found[1:]))


def scenes(data, part, count):
    """(set, frame, reference, box), pictures in BGR."""
    photos, backgrounds = held_out(data, part)
    for same in (True, False):
        for number in range(count):
            scene = natural_scenes.natural_scene(
                photos, backgrounds, natural_scenes.FRAME, SEED, number, True, same
            )
            yield "natural, the same" if same else "natural, its kind", *scene
    for kind in KINDS:
        for scene in frozen_scenes(photos, backgrounds, kind, count, SEED):
            yield f"frozen, {kind}", bgr(scene["frame"]), bgr(scene["reference"]), scene["box"]


class Noted(Turns):
    """Everybody's turn, with the heats of all; notes the coarse map."""

    def located(self, cells, things):
        self.cells = cells
        return range(len(things))

    def closer(self, things, heats):
        self.things, self.heats = things, heats
        return []


def finds(matcher, known, items):
    """(set, views, coarse map, heat of each view's id, where it is hot) of every scene whose thing is found."""
    found = []
    for name, frame, picture, box in items:
        views = (matcher.describe(picture, "thing"),)
        places, _ = matcher.search(frame, [views, views])
        if (
            places is None
            or matcher.distance(places[0].embedding, views[0].embedding) > matcher.metadata.threshold
        ):
            continue
        if metrics.iou(np.array(places[0].box_px), box, frame.shape[:2]) < RIGHT:
            continue
        noted = Noted()
        matcher.search(frame, [*known, views], turns=noted)
        heats = {id(own): heat for own, heat in zip(noted.things, noted.heats, strict=True)}
        found.append((name, views, noted.cells, heats))
    return found


def waited(known, scene, before):
    """(frames until a thing is looked at closely, whether it was among the likeliest in a scene by itself)."""
    film, alone = Turns(), Turns()
    _, views, cells, heats = scene
    things = [*known, views]
    for turns in (film, alone):
        turns.know(things)

    def looked_at(cells, heats):
        hot = [things[number] for number in film.located(cells, things) if id(things[number]) in heats]
        return {id(hot[place]) for place in film.closer(hot, [heats[id(own)] for own in hot])}

    for _ in range(BEFORE):
        looked_at(before[2], before[3])
    frames = next(n for n in itertools.count(1) if n > MOST or id(views) in looked_at(cells, heats))
    return frames, len(known) in alone.located(cells, things)


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/ and video/")
    bench.add_model(parser)
    bench.add_part(parser, "test")
    bench.add_count(parser, 100, "scenes of each of the four sets")
    bench.add_count(parser, 1000, "things in the gallery", "--things")


def measure(options):
    """Both tables."""
    cv2.setNumThreads(1)
    matcher = bench.open_model(options.model, options.threads)
    known = things(matcher, options.data, options.things)
    bench.say(f"described   {len(known)} things")
    frames = list(frames_of(clip_path(options.data)))[:FRAMES]
    rows = []
    alone = [film_ms(matcher, frames, [one]) for one in known[:: len(known) // ALONE][:ALONE]]
    for count, (ms, found) in ((1, np.mean(alone, axis=0)), (len(known), film_ms(matcher, frames, known))):
        rows.append({"things": count, "ms": float(ms), "found": float(found)})
        rows[-1]["ratio"] = rows[-1]["ms"] / rows[0]["ms"]
        bench.say(f"timed       {count} things: {ms:.1f} ms")
    others = [one.views for one in known[:-1]]
    found = finds(matcher, others, scenes(options.data, options.part, options.count))
    bench.say(f"searched    {len(found)} things are found")
    waits = {}
    for number, scene in enumerate(found):
        wait = waited(others, scene, found[(7 * number + 13) % len(found)])
        for key in (scene[0], "all"):
            waits.setdefault(key, []).append(wait)
    sets = [row_of(name, np.array(own)) for name, own in waits.items()]
    missed = [f"{len(known)} to 1"] if rows[-1]["ratio"] > TARGET else []
    missed += ["lost finds"] if any(row["lost"] for row in sets) else []
    return {"times": rows, "finds": sets, "missed": missed}


def row_of(name, waits):
    """How long the things of a set waited, a dict."""
    frames, alone = waits.T
    within = {f"within {n}": float(np.mean(frames <= n)) for n in WITHIN}
    return {
        "set": name,
        "finds": len(frames),
        "alone": float(np.mean(alone)),
        **within,
        "median": float(np.median(frames)),
        "longest": int(frames.max()),
        "lost": int(np.sum(frames > MOST)),
    }


def markdown(result):
    """Both tables."""
    times = {
        "things": bench.number("things", 0),
        "ms a frame": bench.number("ms", 1),
        "found in a frame": bench.number("found", 1),
        "to one": bench.number("ratio", 2),
    }
    sets = {"set": bench.text("set"), "finds": bench.text("finds")}
    sets |= {f"looked up alone, {LOCATED}": bench.percent("alone")}
    sets |= {f"within {n} frames": bench.percent(f"within {n}") for n in WITHIN}
    sets |= {
        "median, frames": bench.number("median", 0),
        "longest": bench.number("longest", 0),
        "lost": bench.text("lost"),
    }
    missed = f"\n\nTargets missed: {', '.join(result['missed'])}." if result["missed"] else ""
    return f"{bench.table(result['times'], times)}\n\n{bench.table(result['finds'], sets)}{missed}"


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
