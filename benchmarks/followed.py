"""Does following cost accuracy? Films frame by frame, as the camera program searches them, by every `--effort`.

    python benchmarks/followed.py --data PATH --json followed.json        # 4 minutes

`--effort thorough` looks at every frame; the others follow between looks. The films are `video/cup.mp4`, the cup shown by its box in
frame 24, and those of `films/`, each thing by its box in the first frame; what is not there is left out, with a line. After each comes
as much of another film, without the thing. Nothing is steadied. Of frames with a label: whether the box is right (IoU of 0.5 or more),
and the mean IoU; of the film that follows: in how many frames the thing is said to be there. Besides: which share of the frames was
looked at, milliseconds a frame, and of the one that took longest but for a hundredth of them. Nothing may be chosen by these films.
"""

import sys

import bench
import boxed_sets
import cv2
import numpy as np

from edge_demo.effort import EFFORTS
from edge_demo.gallery.objects import Objects
from edge_demo.gallery.pursuit import Pursuit
from edge_demo.model.preprocess import read_picture
from getnet_tf.errors import InputError
from getnet_tf.evaluation import metrics

RIGHT = 0.5  # IoU
FPS = 30.0


def films(data):
    """dict name -> (reference, [(frame, box or None)])."""
    found = {}
    if boxed_sets.clip_path(data).exists():
        frames, boxes = boxed_sets.frames_of(boxed_sets.clip_path(data)), boxed_sets.cup_boxes(data)
        number = boxed_sets.REFERENCE_FRAME
        reference = boxed_sets.cut(frames[number], boxes[number])
        found["cup"] = reference, [(frame, boxes.get(n)) for n, frame in enumerate(frames)]
    else:
        bench.say(f"left out    video/cup.mp4: not in {data}")
    for path in sorted((data / "films").glob("*/boxes.csv")):
        film = [(read_picture(path.parent / name), box) for name, box in boxed_sets.boxes_in(path)]
        found[path.parent.name] = boxed_sets.cut(*film[0]), film[1:]
    if len(found) < 2:
        raise InputError(
            f"Expected video/cup.mp4 and films/NAME/boxes.csv in {data}, found {len(found)} films."
        )
    return found


def followed(matcher, effort, reference, film, other):
    """A row: of a film [(frame, box or None)], and of another one without the thing."""
    objects = Objects(matcher, search=Pursuit(matcher, effort))
    objects.add("thing", reference)
    wh = film[0][0].shape[1::-1]
    frames = [frame for frame, _ in film] + [cv2.resize(frame, wh) for frame, _ in other[: len(film)]]
    results = [objects.match(frame, number / FPS) for number, frame in enumerate(frames)]
    told = [result.objects[0] for result in results]
    overlap = [
        metrics.iou(np.array(one.box_px), box, frame.shape[:2]) if one.match else 0.0
        for one, (frame, box) in zip(told, film, strict=False)
        if box is not None
    ]
    ghosts = [one.match for one in told[len(film) :]]
    times = [result.latency_ms for result in results]
    return {
        "effort": effort,
        "right": float(np.mean(np.array(overlap) >= RIGHT)),
        "mean_iou": float(np.mean(overlap)),
        "labelled": len(overlap),
        "ghosts": int(np.sum(ghosts)),
        "absent": len(ghosts),
        "last_ghost": max((n + 1 for n, ghost in enumerate(ghosts) if ghost), default=0),
        "looked": float(np.mean([one.looked for one in told])),
        "ms": float(np.mean(times)),
        "longest_ms": float(np.quantile(times, 0.99)),
    }


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds video/ and films/")
    bench.add_model(parser)


def measure(options):
    """A row for each film and effort."""
    cv2.setNumThreads(1)
    matcher, shown, rows = bench.open_model(options.model, options.threads), films(options.data), []
    names = list(shown)
    for name, after in zip(names, [*names[1:], names[0]], strict=True):
        for effort in EFFORTS:
            rows.append({"film": name, **followed(matcher, effort, *shown[name], shown[after][1])})
            bench.say(f"measured    {name}, {effort}")
    return {"rows": rows}


def markdown(result):
    """The rows as they are."""
    columns = {
        "film": bench.text("film"),
        "--effort": bench.text("effort"),
        "labelled": bench.text("labelled"),
    }
    columns |= {"box right": bench.number("right", 3), "mean IoU": bench.number("mean_iou", 3)}
    columns |= {"said after it": bench.text("ghosts"), "of": bench.text("absent")}
    columns |= {"the last of them": bench.text("last_ghost"), "looked at": bench.number("looked", 2)}
    columns |= {"ms": bench.number("ms", 1), "99th percentile, ms": bench.number("longest_ms", 1)}
    return bench.table(result["rows"], columns)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
