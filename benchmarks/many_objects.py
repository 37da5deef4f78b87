"""What do many objects cost? Milliseconds a frame for 1, 4, 16 and 64 of them, there or not, before and after.

    python benchmarks/many_objects.py --data PATH --json many.json        # one thread, 8 minutes

Frames are of `video/cup.mp4`. Absent objects are products of Grocery Store, each shown by one photo or four; present ones are
the cup, cut out of labelled frames: 64 cups are no sensible gallery, but the most that it can cost. Before: every view is
searched by itself, and the frame seen for each. After: `match_objects`, as the demo does it. Times are of the processor, so
that what else a machine does counts little; on one thread and an idle machine they are those of a clock. Of few
views each is the least of three; reported is the mean over frames, each with other objects. The target is for absent objects of one view: 16 at most 2.0 times
one, 64 at most 5.
"""

import argparse
import json
import os
import pathlib
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # NumPy reads it when it is loaded

import cv2
import numpy as np
import photo_sets
from scenes import cup_set, read_video

from edge_demo.__main__ import SHIPPED_MODEL
from edge_demo.gallery.palette import COLORS
from edge_demo.gallery.views import KnownObject, match_objects
from edge_demo.model.matcher import Matcher
from getnet_tf.errors import report_errors
from getnet_tf.training.run_folder import write_text

COUNTS, VIEWS = (1, 4, 16, 64), (1, 4)
FRAMES, REPEATS = 12, 3
MANY = (
    8  # more views are timed once, and by themselves in one frame only: every one takes as long as the other
)


def products(data):
    """Pictures of the products that have four, by product."""
    photos = photo_sets.grocery(data)["test"]
    own = [np.flatnonzero(photos.labels == label)[: max(VIEWS)] for label in range(len(photos.class_names))]
    return [[cv2.imread(photos.paths[i]) for i in index] for index in own if len(index) == max(VIEWS)]


def cups(data):
    """Pictures of the cup, four by four."""
    frames = read_video(pathlib.Path(data) / "video" / "cup.mp4")
    rows = np.loadtxt(pathlib.Path(data) / "video" / "cup_boxes.csv", delimiter=",", skiprows=1).astype(int)
    cut = [frames[i][ymin:ymax, xmin:xmax] for i, xmin, ymin, xmax, ymax in rows]
    return [cut[i : i + max(VIEWS)] for i in range(0, len(cut) - max(VIEWS) + 1, max(VIEWS))]


def described(matcher, groups):
    """Objects of as many views as a group has pictures; repeated until there are enough for every count."""
    known = [
        KnownObject(f"{number}", COLORS[0], tuple(matcher.describe(picture, "view") for picture in group))
        for number, group in enumerate(groups[: max(COUNTS)])
    ]
    return [known[number % len(known)] for number in range(max(COUNTS))]


def before(matcher, frame, objects):
    """Every view searched by itself."""
    for known in objects:
        for view in known.views:
            matcher.compared(matcher.find(frame, view), view)


def least_ms(search, matcher, frame, objects, repeats):
    """The least time of a search, of a few."""
    times = []
    for _ in range(repeats):
        begun = time.thread_time()
        search(matcher, frame, objects)
        times.append(time.thread_time() - begun)
    return 1000 * min(times)


def measure(matcher, frames, objects):
    """dict "before", "after" of [ms a frame by count of objects]."""
    found = {"before": [], "after": []}
    for count in COUNTS:
        views = count * len(objects[0].views)
        for way, search in (("before", before), ("after", match_objects)):
            some = frames if way == "after" or views <= MANY else frames[:1]
            repeats = REPEATS if views <= MANY else 1
            # Of one object, as many different ones as there are frames.
            own = [[objects[(n * count + k) % len(objects)] for k in range(count)] for n in range(len(some))]
            times = [least_ms(search, matcher, f, o, repeats) for f, o in zip(some, own, strict=True)]
            found[way].append(float(np.mean(times)))
    return found


def run(options):
    """Measures, prints Markdown."""
    cv2.setNumThreads(1)
    matcher = Matcher(options.model, num_threads=1)
    frames = [frame for frame, _, _ in cup_set(options.data)]
    frames = [frames[i] for i in np.linspace(0, len(frames) - 1, FRAMES).astype(int)]
    groups = {"absent": products(options.data), "present": cups(options.data)}
    print(f"| objects | views | way | {' | '.join(f'{count}' for count in COUNTS)} | 16 to 1 | 64 to 1 |")
    print("|---" * (len(COUNTS) + 5) + "|")
    result = {}
    for name, pictures in groups.items():
        for views in VIEWS:
            objects = described(matcher, [group[:views] for group in pictures])
            for way, times in measure(matcher, frames, objects).items():
                result[f"{name}, {views}, {way}"] = times
                cells = [f"{ms:.1f}" for ms in times] + [f"{times[k] / times[0]:.2f}" for k in (2, 3)]
                print(f"| {name} | {views} | {way} | {' | '.join(cells)} |", flush=True)
    if options.json:
        write_text(options.json, json.dumps(result, indent=1) + "\n")


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, metavar="DIR", help="holds video/ and grocery/")
    add("--model", type=pathlib.Path, default=SHIPPED_MODEL, help="a .tflite file")
    add("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
