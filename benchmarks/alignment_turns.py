"""Is the outline right however the thing lies? Composed areas of things of unseen kinds, by how far they are turned.

    python benchmarks/alignment_turns.py --data PATH --model runs/align      # a checkpoint or a .tflite; minutes

PATH holds grocery/, whose iconic pictures show one product each: no kind that an aligner learns from here. Each is a reference, and lies
in areas as `getnet_tf.alignment.finds` composes them: turned by any angle, tilted, other things behind it and often something in front.
Reported is the share of outlines with an IoU above 0.7, for every way, beside SIFT with MAGSAC, by the angle. Exit code 1 if the best way
of ours is below 0.8 at an angle.
"""

import pathlib
import sys

import alignment
import bench
import numpy as np

from edge_demo.model.alignment.affine import inverse
from edge_demo.model.alignment.placement import Placement, outline_of
from edge_demo.model.alignment.turns import TURNS
from edge_demo.picture_files import PICTURE_SUFFIXES
from getnet_tf.alignment.finds import AREAS, ROLES, Finds, angle_deg
from getnet_tf.alignment.opened import open_aligner
from getnet_tf.alignment.outlines import outline_iou
from getnet_tf.alignment.placement import placements
from getnet_tf.data.cutouts import MAX_SIDE, Cutouts
from getnet_tf.data.picture import read_rgb
from getnet_tf.errors import InputError

RIGHT, TARGET = 0.7, 0.8
STEP_DEG = 30  # angles are rounded to it
SIDE = 240  # of references and areas, pixels
SEED = 99
PICTURES = "grocery/iconic-images-and-descriptions"


def composed(folder, count):
    """`count` or a few more pairs of a reference and an area, (240, 240, 3) uint8 RGB, with the outline (4, 2) and the angle in degrees."""
    paths = sorted(path for path in folder.rglob("*") if path.name.lower().endswith(PICTURE_SUFFIXES))
    if not paths:
        raise InputError(f"{folder}: expected pictures of one thing each, found none.")
    pictures = [read_rgb(path, MAX_SIDE) for path in paths]
    finds = Finds(Cutouts.cut(pictures, np.arange(len(pictures))), (SIDE, SIDE), SEED)
    pairs = []
    for number in range(-(-count // AREAS)):
        reference = finds(number * ROLES)
        for area in range(AREAS):
            theta = reference["theta"][area]
            placed = Placement({"affine": theta}, "affine", (SIDE, SIDE), (SIDE, SIDE), (SIDE, SIDE))
            picture = finds(number * ROLES + TURNS + area)["image"]
            angle = abs(float(angle_deg(inverse(theta[None]))[0]))
            pairs.append((reference["image"], picture, placed.outline(), angle))
    return pairs


def row(name, pairs, placed):
    """The share of right outlines at every angle, and of all."""
    whole = outline_of((SIDE, SIDE))
    right = np.array(
        [
            outline_iou(one.found(whole), outline) > RIGHT
            for one, (*_, outline, _) in zip(placed, pairs, strict=True)
        ]
    )
    nearest = np.rint(np.array([angle for *_, angle in pairs]) / STEP_DEG).astype(int) * STEP_DEG
    angles = {f"{angle}°": float(right[nearest == angle].mean()) for angle in np.unique(nearest)}
    return {"method": name, "angles": angles, "all": float(right.mean())}


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds grocery/")
    parser.add_argument(
        "--model", type=pathlib.Path, required=True, metavar="PATH", help="checkpoint or .tflite that aligns"
    )
    parser.add_argument("--count", type=int, default=600, help="areas, at least (default: %(default)s)")


def measure(options):
    """A row for every way of ours, and one for SIFT."""
    aligner = open_aligner(options.model)
    pairs = composed(options.data / PICTURES, options.count)
    bench.say(f"{len(pairs)} areas")
    pictures = [(reference, area) for reference, area, *_ in pairs]
    every, _ = placements(aligner, pictures)
    rows = [row(f"{alignment.OURS}, {alignment.HEADINGS[way]}", pairs, own) for way, own in every.items()]
    best = max(rows, key=lambda own: min(own["angles"].values()))
    missed = [
        f"{angle}: {share:.3f}, below {TARGET}" for angle, share in best["angles"].items() if share < TARGET
    ]
    maps = [alignment.affine_of(*ends) for ends in alignment.sift_matches(pictures)]
    same = np.eye(3)
    rows.append(row(alignment.SIFT, pairs, [alignment.Mapped(same if one is None else one) for one in maps]))
    return {"areas": len(pairs), "rows": rows, "missed": missed}


def markdown(result):
    """A row for every method."""
    angles = result["rows"][0]["angles"]
    columns = {"outlines with IoU > 0.7, %": bench.text("method")}
    columns |= {angle: bench.of("angles", bench.percent(angle)) for angle in angles}
    columns["all"] = bench.percent("all")
    parts = [f"{result['areas']} areas", bench.table(result["rows"], columns)]
    return "\n\n".join([*parts, *(f"Missed: {target}" for target in result["missed"])])


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
