"""Evaluates an aligner: are key points carried to where they belong, are outlines of flat things found?

    python -m getnet_tf.alignment.evaluate --model runs/align --data keypoints/ --json scores.json
    python -m getnet_tf.alignment.evaluate --model align.tflite --planes planes/ --pictures overlays/

--model is a checkpoint, or a file that aligns: an aligner's own, or a model joined with one. A file takes no TensorFlow.

--data is a folder of a folder for each sub-class, with pictures and beside each a CSV of its key points: a header "x_px,y_px", then
the same points in the same order in all files of a folder. All ordered pairs of a sub-class are aligned. PCK@0.1 is the share of key
points of B that are carried to within 0.1 of the longer side of the box round A's.

--planes is a folder of NAME0.jpg, NAME1.jpg and NAME_homography.txt. Pieces of the first picture are looked for in the area of the
second that shows them with a margin: the share of outlines with an IoU above 0.8, and by how much the corners are off.

--pictures gets pictures of pairs, A laid over B by the cascade. Orange is where points and outlines are, blue where they were found.
"""

import argparse
import json
import pathlib
import sys

import cv2
import numpy as np

from edge_demo.model.alignment.ways import WAYS
from edge_demo.output_file import OutputFile
from edge_demo.whole_file import write_whole
from getnet_tf.alignment.keypoints import read_pairs
from getnet_tf.alignment.opened import open_aligner
from getnet_tf.alignment.outlines import outline_scores
from getnet_tf.alignment.overlays import key_point_overlay, outline_overlay
from getnet_tf.alignment.pck import ALPHA, pck_scores
from getnet_tf.alignment.placement import placements
from getnet_tf.alignment.planes import read_pieces
from getnet_tf.errors import InputError, report_errors
from getnet_tf.training.run_folder import write_text

DRAWN = "cascade"  # the way of the pictures
PICTURES = 40  # of either kind, at most
HEADINGS = {"affine": "affine", "tps": "spline", "cascade": "affine, then spline"}
OUTLINES = {  # score -> its row
    "outline_right": "outlines with IoU > 0.8, %",
    "outline_iou": "mean IoU of outlines, %",
    "corner_error": "corners off, % of the longer side",
}


def key_point_scores(every, pairs, alpha):
    """Scores of key points by every way.

    Args:
        every: dict way -> list of `Placement`, one for each pair.
        pairs: as `read_pairs` gives them.
        alpha: of the longer side.

    Returns:
        dict: `pck_affine`, `pck_tps`, `pck_cascade`, `pairs`, `alpha`; `subclasses`, a dict of the first three for each.
    """
    scores, subclasses = {}, {}
    for way, own in every.items():
        scores[f"pck_{way}"], of_subclasses = pck_scores(pairs, own, alpha)
        for name, share in of_subclasses.items():
            subclasses.setdefault(name, {})[f"pck_{way}"] = share
    return {**scores, "pairs": len(pairs), "alpha": alpha, "subclasses": subclasses}


def markdown(scores):
    """The table of scores, a column for every way."""
    rows = []
    if "pairs" in scores:
        kinds = {**scores["subclasses"], f"all {scores['pairs']} pairs": scores}
        for name, own in kinds.items():
            rows.append([f"PCK@{scores['alpha']:g}, %: {name}", *(own[f"pck_{way}"] for way in WAYS)])
    if "planes" in scores:
        for key, name in OUTLINES.items():
            rows.append([name, *(scores["planes"][way][key] for way in WAYS)])
    lines = [f"| | {' | '.join(HEADINGS[way] for way in WAYS)} |", "|---" * (1 + len(WAYS)) + "|"]
    lines += [
        f"| {name} | {' | '.join(f'{100 * value:.1f}' for value in values)} |" for name, *values in rows
    ]
    return "\n".join(lines)


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m getnet_tf.alignment.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--model", required=True, type=pathlib.Path, metavar="PATH", help="checkpoint or .tflite")
    add(
        "--data",
        type=pathlib.Path,
        metavar="FOLDER",
        help="pictures with key points, a folder for each sub-class",
    )
    add("--planes", type=pathlib.Path, metavar="FOLDER", help="pairs of pictures with homographies")
    add(
        "--alpha",
        type=float,
        default=ALPHA,
        help="how far a key point may be off, of the longer side (default: %(default)s)",
    )
    add("--json", type=pathlib.Path, action=OutputFile, metavar="FILE", help="write the scores here")
    add(
        "--pictures",
        type=pathlib.Path,
        metavar="DIR",
        help=f"write pictures here, at most {PICTURES} of either kind",
    )
    return parser


def run(options):
    """Evaluates as the command line says."""
    if options.data is None and options.planes is None:
        raise InputError("Expected something to evaluate on. Give --data FOLDER, --planes FOLDER, or both.")
    if not 0 < options.alpha <= 1:
        raise InputError(f"--alpha: expected above 0 and at most 1, received {options.alpha:g}.")
    # What is to be read first, as it fails sooner than a model opens.
    pairs = None if options.data is None else read_pairs(options.data)
    pieces = None if options.planes is None else read_pieces(options.planes)
    aligner, scores, drawn = open_aligner(options.model), {}, {}
    if pairs is not None:
        every, sure = placements(aligner, [(a.picture, b.picture) for a, b in pairs])
        scores |= key_point_scores(every, pairs, options.alpha) | {"confident": float(np.mean(sure > 0))}
        for i in _some(len(pairs)):
            (a, b), placement = pairs[i], every[DRAWN][i]
            drawn[f"{a.subclass}-{a.path.stem}-{b.path.stem}"] = key_point_overlay, a, b, placement
    if pieces is not None:
        every, _ = placements(aligner, [(piece.reference, piece.area) for piece in pieces])
        scores["planes"] = {way: outline_scores(pieces, own) for way, own in every.items()}
        scores["planes"]["outlines"] = len(pieces)
        for i in _some(len(pieces)):
            drawn[f"{pieces[i].pair}-{i}"] = outline_overlay, pieces[i], every[DRAWN][i]
    print(markdown(scores))
    if options.json:
        write_text(options.json, json.dumps(scores, indent=1) + "\n")
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        for name, (draw, *what) in drawn.items():
            picture_bgr_u8 = cv2.cvtColor(draw(*what), cv2.COLOR_RGB2BGR)
            write_whole(options.pictures / f"{name}.jpg", cv2.imencode(".jpg", picture_bgr_u8)[1].tobytes())
        print(f"{len(drawn)} pictures: {options.pictures}")


def _some(count):
    """Places of those that are drawn, evenly picked."""
    return np.linspace(0, count - 1, min(PICTURES, count)).round().astype(int)


def main(argv=None):
    """The command line; returns the exit code."""
    return report_errors(lambda: run(build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
