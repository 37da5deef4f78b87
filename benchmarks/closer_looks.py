"""What makes a box better? Closer looks, climbing by the encoder, and medians, on scenes as a camera sees them.

    python benchmarks/closer_looks.py --data PATH --part val       # by which `edge_demo.model.scan` is set; 5 minutes
    python benchmarks/closer_looks.py --data PATH                  # to report: other kinds, and the clip of a cup

All start from what one look at the whole frame found. A closer look searches the box's surroundings alone. Climbing moves
the one edge of the box that makes what is in it most like the reference, for the encoder. Scenes are those of
`natural_scenes.py`; "match" and "false" are the shares of frames with and without the object in which the model finds it.
"""

import sys

import bench
import numpy as np
from boxed_sets import cup_set
from frozen_scenes import held_out
from natural_scenes import FRAME, natural_scene

from edge_demo.gallery.palette import COLORS
from edge_demo.gallery.views import KnownObject
from edge_demo.model.preprocess import reference_to_input
from edge_demo.model.regions import around, whole
from edge_demo.model.scan import LEAST, look
from getnet_tf.evaluation import metrics

WIDENINGS = (2.0, 2.4, 3.0, 3.5)
STEP = 0.12  # of the box's side, that an edge moves while climbing
SEED = 31


def ways(matcher, frame, reference):
    """dict way -> (box (4,), distance or None where a way only moves the box)."""
    known = KnownObject("object", COLORS[0], (matcher.describe(reference, "object"),))
    frame_wh = frame.shape[1::-1]

    def closer(box, widen):
        return _box(look(matcher, frame, known, around(box, widen, LEAST, frame_wh)))

    found = {"the whole frame": _box(look(matcher, frame, known, whole(frame_wh)))}
    start = found["the whole frame"][0]
    for widen in WIDENINGS:
        found[f"closer, {widen}"] = closer(start, widen)
    two, three = found["closer, 2.4"], found["closer, 3.5"]
    found["closer, 2.4, three times"] = closer(closer(two[0], 2.4)[0], 2.4)
    found["2.4 and 3.5, mean box, worse distance"] = (two[0] + three[0]) / 2, max(two[1], three[1])
    found["median box of three"] = np.median([start, two[0], three[0]], axis=0), None
    found["climbed by the encoder"] = climbed(matcher, frame, start, known.views[0]), None
    return found


def climbed(matcher, frame, box, reference):
    """The box after the best move of one edge, out or in by `STEP` of its side, if any is nearer to the reference."""
    moves = np.concatenate([np.zeros((1, 4)), np.eye(4), -np.eye(4)]) * STEP
    boxes = box + moves * np.tile(box[2:] - box[:2], 2)
    return min(boxes, key=lambda moved: _distance(matcher, frame, moved, reference))


def _distance(matcher, frame, box, reference):
    xmin, ymin, xmax, ymax = np.rint(np.clip(box, 0, np.tile(frame.shape[1::-1], 2))).astype(int)
    if xmax - xmin < 2 or ymax - ymin < 2:
        return np.inf
    image = reference_to_input(frame[ymin:ymax, xmin:xmax], matcher.metadata)[0]
    return matcher.distance(matcher.describe_array(image), reference.embedding)


def _box(found):
    return np.array(found.box_px), found.distance


def scores_of(matcher, items):
    """dict way -> {"corloc", "mean_iou", "match", "false"} of (frame, reference, box or None where it is not there)."""
    rows = {}
    for frame, reference, box in items:
        for way, (found, distance) in ways(matcher, frame, reference).items():
            overlap = None if box is None else metrics.iou(found, box, frame.shape[:2])
            match = None if distance is None else distance <= matcher.metadata.threshold
            rows.setdefault(way, []).append((overlap, match))
    return {way: _scores(values) for way, values in rows.items()}


def _scores(values):
    overlaps = np.array([overlap for overlap, _ in values if overlap is not None])
    scores = {"corloc": metrics.corloc(overlaps), "mean_iou": float(overlaps.mean())}
    for key, present in (("match", True), ("false", False)):
        matches = [
            match for overlap, match in values if (overlap is not None) == present and match is not None
        ]
        scores[key] = float(np.mean(matches)) if matches else None
    return scores


def scenes(data, part, count, seed):
    """`count` scenes with the object, and as many without, as `scores_of` takes them."""
    photos, backgrounds = held_out(data, part)
    for number in range(count):
        for present in (True, False):
            yield natural_scene(photos, backgrounds, FRAME, seed + present, number, present)


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/ and video/")
    bench.add_model(parser)
    bench.add_part(parser, "test")
    bench.add_count(parser, 300, "scenes with the object, and as many without")
    bench.add_seed(parser, SEED)


def measure(options):
    """Every way on scenes, and on the clip if it is to report."""
    matcher = bench.open_model(options.model, options.threads, kinds=True)
    sets = {"scenes": scenes(options.data, options.part, options.count, options.seed)}
    if options.part == "test":
        sets["cup.mp4"] = cup_set(options.data)
    return {name: scores_of(matcher, items) for name, items in sets.items()}


def markdown(result):
    """A row for every way."""
    cell = bench.together(
        "{} ({}), {}, {}",
        bench.number("corloc", 3),
        bench.number("mean_iou", 3),
        bench.number("match", 2),
        bench.number("false", 2),
    )
    rows = [{"way": way, **{name: rows[way] for name, rows in result.items()}} for way in result["scenes"]]
    columns = {f"{name}: CorLoc (mean IoU), match, false": bench.of(name, cell) for name in result}
    return bench.table(rows, {"": bench.text("way"), **columns})


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
