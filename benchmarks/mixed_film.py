"""Is a film right, frame by frame? A cup that comes and goes, through the demo's own loop, by every `--effort`.

    python benchmarks/mixed_film.py --data PATH --json mixed.json         # 6 minutes

Passages of `video/cup.mp4`, of `video/vtest.avi` and of pictures of anything, panned over, take turns; all are brought to the
cup's size and rate. The reference is the labelled box of frame 24, shown once. A frame of the other two is right if, after
`Smoothing`, the cup is not said to be there; a labelled frame of the cup if it is said to be there and the box has an IoU
of at least 0.5 with the label. Frames of the cup without a label are reported apart: there only whether it is said to be there.
Where the model can tell this cup from others, the same is measured with `--kinds`.
Nothing here may be used to choose anything by.
"""

import itertools
import sys

import bench
import cv2
import numpy as np
import photo_sets
from boxed_sets import REFERENCE_FRAME, clip_path, cup_boxes, cut, frames_of, street_path

from edge_demo.effort import EFFORTS
from edge_demo.gallery.objects import Objects
from edge_demo.gallery.pursuit import Pursuit
from edge_demo.results.smoothing import Smoothing
from edge_demo.watch import LEVEL
from getnet_tf.evaluation import metrics

PASSAGES = 5  # of each part
PANNED_S, PICTURE_S = 30, 1  # the film of pictures, and each of them
WINDOW = 0.7  # of a picture's sides, that is seen while panning
PARTS = ("cup", "street", "pictures")
RIGHT = 0.5  # IoU with the label, from which a box is right
SETTLED = 8  # frames after a cut, in which `Smoothing` may still show what was before


def panned(pictures, count, frame_wh):
    """`count` frames of `frame_wh`, a window that moves over each picture from its upper left to its lower right."""
    each = -(-count // len(pictures))
    for picture, step in itertools.islice(itertools.product(pictures, range(each)), count):
        size = (np.array(picture.shape[1::-1]) * WINDOW).astype(int)
        left, top = ((picture.shape[1::-1] - size) * step / max(each - 1, 1)).astype(int)
        yield cv2.resize(picture[top : top + size[1], left : left + size[0]], frame_wh)


def film(data):
    """The parts in turns: [(name of the part, number of the frame in it, frame)], and frames/s."""
    cup = frames_of(clip_path(data))
    fps = cv2.VideoCapture(str(clip_path(data))).get(cv2.CAP_PROP_FPS)
    frame_wh = cup[0].shape[1::-1]
    paths = photo_sets.backgrounds(data, held_out=True)[: PANNED_S // PICTURE_S]
    parts = {
        "cup": cup,
        "street": [cv2.resize(frame, frame_wh) for frame in frames_of(street_path(data))],
        "pictures": list(panned([cv2.imread(path) for path in paths], round(PANNED_S * fps), frame_wh)),
    }
    passages = {name: np.array_split(np.arange(len(parts[name])), PASSAGES) for name in PARTS}
    order = [(name, int(i)) for number in range(PASSAGES) for name in PARTS for i in passages[name][number]]
    return [(name, i, parts[name][i]) for name, i in order], fps


def watched(frames, fps, objects, level):
    """What the demo shows of every frame: [(whether the object is there, its box, pixels)]."""
    smoothing, shown = Smoothing(level), []
    for place, (_, _, frame) in enumerate(frames):
        (found,) = smoothing.update(objects.match(frame, place / fps), place / fps).objects
        shown.append((found.match, found.box_px))
    return shown


def judged(frames, shown, boxes):
    """dict of counts: what -> (right, of)."""
    said, apart = {name: [] for name in PARTS}, []
    missed = loose = late = since_cut = 0
    before = None
    for (name, number, frame), (match, box) in zip(frames, shown, strict=True):
        since_cut = since_cut + 1 if name == before else 0
        before = name
        if name != "cup":
            said[name].append(not match)
            late += match and since_cut < SETTLED
        elif number not in boxes:
            apart.append(match)
        elif number != REFERENCE_FRAME:
            fits = box is not None and metrics.iou(np.array(box), boxes[number], frame.shape[:2]) >= RIGHT
            said[name].append(match and fits)
            missed, loose = missed + (not match), loose + (match and not fits)
    counts = {name: (int(sum(right)), len(right)) for name, right in said.items()}
    counts["all"] = tuple(int(n) for n in np.sum(list(counts.values()), axis=0))
    counts["cup without a label: seen"] = (int(sum(apart)), len(apart))
    counts["cup not seen"], counts["cup's box wrong"] = ((n, counts["cup"][1]) for n in (missed, loose))
    absent = counts["street"][1] + counts["pictures"][1]
    counts["cup still shown after a cut"] = (late, absent)
    return counts


def searches(options):
    """How the film is searched: [(way, matcher, what searches)]."""
    matchers = {"": bench.open_model(options.model, options.threads)}
    if matchers[""].layout is not None:
        matchers["--kinds "] = bench.open_model(options.model, options.threads, kinds=True)
    return [
        (f"{kinds}--effort {effort}", matcher, Pursuit(matcher, effort))
        for kinds, matcher in matchers.items()
        for effort in EFFORTS
    ]


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/ and video/")
    bench.add_model(parser)
    parser.add_argument(
        "--level",
        type=float,
        default=LEVEL,
        metavar="PERCENT",
        help="of the demo, from which something counts as seen",
    )


def measure(options):
    """The counts of every way."""
    frames, fps = film(options.data)
    boxes = cup_boxes(options.data)
    frame = next(f for name, i, f in frames if (name, i) == ("cup", REFERENCE_FRAME))
    ways = {}
    for way, matcher, pursuit in searches(options):
        objects = Objects(matcher, search=pursuit)
        objects.add("cup", cut(frame, boxes[REFERENCE_FRAME]))
        ways[way] = judged(frames, watched(frames, fps, objects, options.level / 100), boxes)
        ways[way]["looks"] = pursuit.looks_per_frame
        bench.say(f"measured    {way}")
    return {"frames": len(frames), "fps": fps, "ways": ways}


def markdown(result):
    """A row for each way."""

    def share(key):
        return lambda row: f"{row[key][0]} of {row[key][1]} ({row[key][0] / row[key][1]:.1%})"

    keys = [key for key in next(iter(result["ways"].values())) if key != "looks"]
    columns = {"": bench.text("way"), **{key: share(key) for key in keys}}
    rows = [{"way": way, **counts} for way, counts in result["ways"].items()]
    shown = bench.table(rows, {**columns, "looks a frame": bench.number("looks", 2)})
    return f"{result['frames']} frames at {result['fps']:.0f}/s\n\n{shown}"


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
