"""How often is an early no right? Matches that it keeps, absent objects that it refuses, and the levels to choose.

    python benchmarks/early_no.py --data PATH --part val        # kinds to choose the levels by; 12 minutes
    python benchmarks/early_no.py --data PATH                   # kinds to report on

Pictures with the object are those of `natural_scenes.py` and `frozen_scenes.py`, and photos of Grocery Store's products, each
searched for another photo of the product; without it, natural scenes, pictures of anything, and other products. A match counts
if its box is right (IoU above 0.5 with the true one; of products, whose photos have no boxes, any).
"""

import argparse
import json
import pathlib
import sys

import cv2
import natural_scenes
import numpy as np
import photo_sets
from frozen_scenes import KINDS, frozen_scenes, held_out
from scenes import iou

from edge_demo.__main__ import SHIPPED_MODEL
from edge_demo.model.matcher import Matcher
from getnet_tf.errors import InputError, report_errors
from getnet_tf.evaluation.early_no import levels, refused
from getnet_tf.training.run_folder import write_text

SEED = 501
OTHERS = 24  # references that every picture of anything is searched for


def composed(data, part, count):
    """Yields (set, frame, reference, box or None if the object is absent); all pictures BGR."""
    photos, backgrounds = held_out(data, part)
    shown = []
    for same in (True, False):
        for number in range(count):
            scene = natural_scenes.natural_scene(
                photos, backgrounds, natural_scenes.FRAME, SEED, number, True, same
            )
            shown.append(scene[1])
            yield "natural, the same" if same else "natural, its kind", *scene
    for number in range(count):
        scene = natural_scenes.natural_scene(
            photos, backgrounds, natural_scenes.FRAME, SEED + 1, number, False, True
        )
        yield "natural, absent", *scene
    for kind in KINDS:
        for scene in frozen_scenes(photos, backgrounds, kind, count, SEED):
            yield f"frozen, {kind}", _bgr(scene["frame"]), _bgr(scene["reference"]), scene["box"]
    for picture in backgrounds[:: max(1, OTHERS * len(backgrounds) // (3 * count))]:
        for reference in shown[:: max(1, len(shown) // OTHERS)]:
            yield "anything, absent", _bgr(picture), reference, None


def products(data, part, count):
    """Yields pairs of product photos as `composed` does; the box is empty, as nobody knows it."""
    photos, rng = photo_sets.grocery(data)[part], np.random.default_rng(SEED)
    by_class = [np.flatnonzero(photos.labels == label) for label in range(len(photos.class_names))]
    several = [label for label, own in enumerate(by_class) if len(own) > 1]
    for _ in range(count):
        label = rng.choice(several)
        frame, reference = (
            cv2.imread(photos.paths[i]) for i in rng.choice(by_class[label], 2, replace=False)
        )
        yield "products", frame, reference, np.zeros(0)
        other = rng.choice(np.delete(np.arange(len(by_class)), label))
        yield "products, absent", frame, cv2.imread(photos.paths[rng.choice(by_class[other])]), None


def searched(matcher, items):
    """dict set -> [(parts, heat, whether it is a match with the right box)]; of absent objects, whether it is a match."""
    found, described = {}, {}
    for name, frame, reference, box in items:
        key = hash(reference.tobytes())
        if key not in described:
            described[key] = matcher.describe(reference, "object")
        signs = matcher.signs(frame, described[key])
        place = matcher.find(frame, described[key])
        match = matcher.distance(place.embedding, described[key].embedding) <= matcher.metadata.threshold
        if box is not None and len(box):
            match = match and iou(np.array([place.box_px]), box)[0] > 0.5
        found.setdefault(name, []).append((signs["parts"], signs["heat"], bool(match)))
    return {name: np.array(rows) for name, rows in found.items()}


def _bgr(picture):
    return np.ascontiguousarray(picture[:, :, ::-1])


def run(options):
    """Measures, prints Markdown."""
    matcher = Matcher(options.model)
    found = {}
    for items in (composed, products):
        found |= searched(matcher, items(options.data, options.part, options.count))
    present = np.concatenate([rows for name, rows in found.items() if "absent" not in name])
    matches = present[present[:, 2] == 1]
    chosen = levels(matches[:, 0], matches[:, 1])
    early_no = matcher.metadata.early_no or chosen
    if early_no is None:
        raise InputError(
            f"Expected a model with levels, or matches enough to choose them by, received {len(matches)} matches. Give a "
            f"larger --count."
        )
    print(f"levels by these {len(matches)} matches: {chosen}; used: {early_no}")
    print("| set | searches | matches | of these kept | refused |\n|---|---|---|---|---|")
    found |= {
        "all with the object": present,
        "all without": np.concatenate([rows for name, rows in found.items() if "absent" in name]),
    }
    result = {"levels": chosen, "used": early_no}
    for name, rows in found.items():
        no, match = refused(rows[:, 0], rows[:, 1], early_no), rows[:, 2] == 1
        result[name] = {
            "searches": len(rows),
            "matches": int(match.sum()),
            "kept": float(np.mean(~no[match])) if match.any() else None,
            "refused": float(np.mean(no)),
            "refused_by_parts": float(np.mean(rows[:, 0] < early_no["parts"])),
        }
        kept = "-" if result[name]["kept"] is None else f"{result[name]['kept']:.2%}"
        print(f"| {name} | {len(rows)} | {match.sum()} | {kept} | {np.mean(no):.1%} |")
    if options.json:
        write_text(options.json, json.dumps(result, indent=1) + "\n")


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, metavar="DIR", help="holds caltech101/ and grocery/")
    add("--model", type=pathlib.Path, default=SHIPPED_MODEL, help="a .tflite file")
    add("--part", choices=("test", "val"), default="test", help="kinds to report on, or to choose by")
    add("--count", type=int, default=300, help="scenes of every set with the object")
    add("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
