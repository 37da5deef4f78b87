"""How the search decides whether a thing is this one: weights of a likeness, chosen by trials that nothing is reported on.

    python benchmarks/this_thing_decision.py --data PATH --cache runs/trials --model joined.tflite --out decision.json    # 10 minutes
    python export/to_tflite.py runs/cells --out cells.tflite --decision decision.json                                # puts them in a file

Every picture of the validation trials is searched as `python -m edge_demo match` does. From the weights that the file has, each is made
larger and smaller in turn, as long as the AUC, on average over the rows, grows. Then all are scaled, and the bias is set, by a logistic
regression on the surest find of every picture, so that the score is the share of such pictures that show the thing; half of them do, the
others show a look-alike.
"""

import json
import pathlib
import sys

import bench
import numpy as np
from this_thing import trials_of
from this_thing_scores import area_under

from edge_demo.gallery.palette import COLORS
from edge_demo.gallery.views import KnownObject, search_objects
from edge_demo.model.layout.layout import BIAS
from edge_demo.model.layout.likeness import FEATURES
from edge_demo.model.this_one import with_area
from getnet_tf.errors import InputError
from getnet_tf.training.run_folder import write_text

SETS = ("rendered", "turns", "grocery")
FACTORS = (0.5, 0.8, 0.9, 1.1, 1.25, 2.0)
ROUNDS = 20
STEPS = 50  # of Newton's method


def looked(matcher, trials):
    """What a search sees of every picture: dict from a row to (with the thing, without it), lists of (looks, features) arrays."""
    rows, described = {}, {}
    for trial in trials:
        key = id(trial.reference)
        if key not in described:
            described[key] = KnownObject("thing", COLORS[0], (matcher.describe(trial.reference, "thing"),))
        shown = described[key].views[0].shown
        for own, frame in zip(
            rows.setdefault(trial.row, ([], [])), (trial.present, trial.absent), strict=True
        ):
            (kind,) = search_objects(matcher, frame, [described[key]], early_no=False)
            looks = matcher.layout.looks(matcher.layout.see(frame), shown, with_area([kind.box_px]))
            own.append(np.array([[look.like[name] for name in FEATURES] for look in looks]))
    return rows


def surest(pictures, weights):
    """The highest sum of every picture: (N,) float."""
    return np.array([(looks @ weights).max() for looks in pictures])


def mean_auc(rows, weights):
    """Over the rows."""
    return np.mean([area_under(*(surest(own, weights) for own in row)) for row in rows.values()])


def climbed(rows, weights):
    """Weights from which no factor of one of them leads higher, or after `ROUNDS`."""
    best = mean_auc(rows, weights)
    for _ in range(ROUNDS):
        before = best
        for place in range(len(weights)):
            for factor in FACTORS:
                tried = weights.copy()
                tried[place] *= factor
                if (auc := mean_auc(rows, tried)) > best:
                    weights, best = tried, auc
        if best == before:
            break
    return weights


def calibrated(with_it, without):
    """(scale, bias) of the logistic regression of two arrays of sums."""
    x = np.stack([np.concatenate([with_it, without]), np.ones(len(with_it) + len(without))], axis=1)
    y, theta = np.repeat([1.0, 0.0], [len(with_it), len(without)]), np.array([1.0, -np.mean(x[:, 0])])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-x @ theta))
        theta += np.linalg.solve((x.T * (p * (1 - p))) @ x + 1e-6 * np.eye(2), x.T @ (y - p))
    return theta


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds objects/, caltech101/ and grocery/")
    bench.add_model(parser, "a .tflite file that tells cells; default: the shipped one")
    bench.add_count(parser, 120, "trials of a row, at most", "--limit")
    parser.add_argument("--cache", type=pathlib.Path, metavar="DIR", help="keep the trials here")
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="FILE.json", help="the weights")
    parser.set_defaults(part="val")


def measure(options):
    """The weights, and how well the rows do with them and with those of before."""
    matcher = bench.open_model(options.model, options.threads)
    if matcher.layout is None:
        raise InputError(f"{options.model}: expected a file that tells cells. Join one, see export/join.py.")
    rows = {}
    for name in SETS:
        bench.say(f"searching the pictures of {name}")
        for row, (with_it, without) in looked(matcher, trials_of(name, options)).items():
            # The angles are one row: of each there are few.
            own = rows.setdefault(name if name == "turns" else row, ([], []))
            own[0].extend(with_it)
            own[1].extend(without)
    before = np.array([matcher.metadata.layout[name] for name in FEATURES])
    weights = climbed(rows, before)
    scale, bias = calibrated(
        *(np.concatenate([surest(row[side], weights) for row in rows.values()]) for side in (0, 1))
    )
    decision = {name: round(float(scale * weight), 3) for name, weight in zip(FEATURES, weights, strict=True)}
    decision[BIAS] = round(float(bias), 3)
    write_text(options.out, json.dumps(decision, indent=1, sort_keys=True) + "\n")
    return {
        "decision": decision,
        "rows": [said(name, row, before, weights, decision) for name, row in rows.items()],
    }


def said(name, row, before, weights, decision):
    """One row's numbers."""
    sums = [surest(own, np.array([decision[key] for key in FEATURES])) + decision[BIAS] for own in row]
    return {
        "row": name,
        "auc_before": area_under(*(surest(own, before) for own in row)),
        "auc": area_under(*(surest(own, weights) for own in row)),
        "found": float(np.mean(sums[0] >= 0)),
        "taken": float(np.mean(sums[1] >= 0)),
    }


def markdown(result):
    """The rows, and the weights below."""
    columns = {
        "": bench.text("row"),
        "AUC before": bench.number("auc_before", 3),
        "AUC": bench.number("auc", 3),
        "said to be this one": bench.number("found", 2),
        "look-alikes said to be": bench.number("taken", 2),
    }
    return bench.table(result["rows"], columns) + "\n" + json.dumps(result["decision"])


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
