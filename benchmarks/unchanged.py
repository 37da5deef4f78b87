"""Does the project find what it found before? Held against numbers that an earlier commit gave.

    python benchmarks/unchanged.py --data PATH                 # two minutes; exit code 1 if anything differs
    python benchmarks/unchanged.py --data PATH --record        # records them anew, by the code as it is

On `video/cup.mp4` the shipped network looks for the cup, the labelled box of frame 24, as the demo does: boxes and scores are
equal to rounding, 0.01 of a pixel and 0.0001 of a score or distance: of its kind, and of this very cup where the record has that.
What is refused at first sight has no box; it must be no
frame that had a match. On digits a training of a few seconds, with one thread and the same seeds, logs the same losses.
`unchanged.json` says by which commit its numbers are.
"""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import bench
import numpy as np
from boxed_sets import clip_path, cup_set, frames_of

from getnet_tf.card import commit
from getnet_tf.errors import InputError
from getnet_tf.training.run_folder import write_text

RECORDED = pathlib.Path(__file__).with_suffix(".json")
BOX_PX, SCORE, LOSS = 0.01, 0.0001, 0.0001  # largest differences
TRAINING = ("--preset", "quick", "--deterministic", "--threads", "1")
LOGGED = ("accuracy", "loss", "val_accuracy", "val_iou")  # of those that the log has
SEARCHES = {"cup": True, "this cup": False}  # whether a cup of its kind is enough


def cup_rows(data, path, kinds):
    """[match, score, distance, xmin, ymin, xmax, ymax] of every frame of the clip; of one refused at first sight, [False]."""
    matcher = bench.open_model(path, kinds=kinds)
    cup = matcher.describe(cup_set(data)[0][1], "cup")
    found = [matcher.match(frame, [cup]).objects[0] for frame in frames_of(clip_path(data))]
    return [
        [item.match, *(round(float(n), 6) for n in (item.score, item.distance, *item.box_px))]
        if item.box_px
        else [False]
        for item in found
    ]


def digit_rows():
    """What a short training logs: a dict of numbers for every interval."""
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder, "run")
        command = [sys.executable, "-m", "getnet_tf.train", "--out", str(run), *TRAINING]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise InputError(f"The training failed: {done.stderr.strip()[-300:]}")
        with open(run / "log.csv") as file:
            rows = list(csv.DictReader(file))
    return [
        {name: round(float(row[name]), 6) for name in row if name in LOGGED and row[name]} for row in rows
    ]


def cup_differences(rows, before):
    """The largest differences of boxes (pixels), scores and distances, and what was refused at first sight."""
    pairs = list(zip(rows, before, strict=True))
    both = [(np.array(row, float), np.array(old, float)) for row, old in pairs if len(row) > 1]
    refused = [old for row, old in pairs if len(row) == 1]
    off = np.abs(np.array([row - old for row, old in both]))
    return {
        "frames": len(pairs),
        "box_px": float(off[:, 3:].max()),
        "score": float(off[:, 1].max()),
        "distance": float(off[:, 2].max()),
        "refused": len(refused),
        "matches_refused": sum(bool(old[0]) for old in refused),
    }


def digit_differences(rows, before):
    """The largest difference of anything that was logged then."""
    if len(rows) != len(before):
        raise InputError(f"Expected {len(before)} intervals in the training's log, received {len(rows)}.")
    off = [abs(row[name] - old[name]) for row, old in zip(rows, before, strict=True) for name in old]
    return {"intervals": len(rows), "numbers": len(off), "logged": max(off)}


def recorded():
    """What an earlier commit gave: a dict as `measure` records it.

    Raises:
        InputError: if nothing is recorded.
    """
    if not RECORDED.is_file():
        raise InputError(f"Expected recorded numbers in {RECORDED}, found none. Record them with --record.")
    return json.loads(RECORDED.read_text())


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds video/")
    bench.add_model(parser)
    parser.add_argument("--record", action="store_true", help="record the numbers instead")


def measure(options):
    """Differences from what is recorded; or nothing, and they are recorded."""
    before = None if options.record else recorded()
    searches = {name: kinds for name, kinds in SEARCHES.items() if before is None or name in before}
    cups = {name: cup_rows(options.data, options.model, kinds) for name, kinds in searches.items()}
    now = {"commit": commit(), **cups, "digits": digit_rows()}
    if options.record:
        write_text(RECORDED, json.dumps(now).replace("], [", "],\n[") + "\n")
        return {"recorded": str(RECORDED)}
    cups = {name: cup_differences(now[name], before[name]) for name in searches}
    digits = digit_differences(now["digits"], before["digits"])
    missed = {}
    for name, cup in cups.items():
        missed[f"boxes of {name}"] = cup["box_px"] > BOX_PX
        missed[f"scores of {name}"] = max(cup["score"], cup["distance"]) > SCORE
        missed[f"matches of {name} refused at first sight"] = cup["matches_refused"] > 0
    missed["training"] = digits["logged"] > LOSS
    return {
        "before": before["commit"],
        "cups": cups,
        "digits": digits,
        "missed": [name for name in missed if missed[name]],
    }


def markdown(result):
    """In words."""
    if "recorded" in result:
        return f"recorded in {result['recorded']}"
    digits = result["digits"]
    cups = [
        f"- {cup['frames']} frames of the clip, {name}: boxes differ by at most {cup['box_px']:.4f} px, scores by "
        f"{cup['score']:.6f}, distances by {cup['distance']:.6f}; {cup['refused']} frames were refused at first sight, of which "
        f"{cup['matches_refused']} had a match.\n"
        for name, cup in result["cups"].items()
    ]
    return (
        f"Against commit {result['before']}:\n{''.join(cups)}"
        f"- {digits['numbers']} numbers in {digits['intervals']} intervals of a training on digits: they differ by at most "
        f"{digits['logged']:.6f}.\n"
        f"{'CHANGED: ' + ', '.join(result['missed']) if result['missed'] else 'Unchanged.'}"
    )


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
