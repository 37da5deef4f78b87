"""How often is an early no right? Matches that it keeps, absent objects that it refuses, and the levels to choose.

    python benchmarks/early_no.py --data PATH --part val        # kinds to choose the levels by; 12 minutes
    python benchmarks/early_no.py --data PATH                   # kinds to report on

Pictures with the object are those of `natural_scenes.py` and `frozen_scenes.py`, and photos of Grocery Store's products, each
searched for another photo of the product; without it, natural scenes, pictures of anything, and other products. A match counts
if its box is right (IoU of 0.5 with the true one; of products, whose photos have no boxes, any).
"""

import sys

import bench
import cv2
import natural_scenes
import numpy as np
import photo_sets
from frozen_scenes import KINDS, bgr, frozen_scenes, held_out

from getnet_tf.errors import InputError
from getnet_tf.evaluation import metrics
from getnet_tf.evaluation.early_no import levels, refused

SEED = 501
RIGHT = 0.5  # IoU from which a box counts as right
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
            yield f"frozen, {kind}", bgr(scene["frame"]), bgr(scene["reference"]), scene["box"]
    for picture in backgrounds[:: max(1, OTHERS * len(backgrounds) // (3 * count))]:
        for reference in shown[:: max(1, len(shown) // OTHERS)]:
            yield "anything, absent", bgr(picture), reference, None


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
            match = match and metrics.iou(np.array(place.box_px), box, frame.shape[:2]) >= RIGHT
        found.setdefault(name, []).append((signs["parts"], signs["heat"], bool(match)))
    return {name: np.array(rows) for name, rows in found.items()}


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/ and grocery/")
    bench.add_model(parser)
    bench.add_part(parser, "test")
    bench.add_count(parser, 300, "scenes of every set with the object")


def measure(options):
    """Every set, by the levels that the file has, or by those that these pictures ask for."""
    matcher = bench.open_model(options.model, options.threads, kinds=True)
    found = {}
    for items in (composed, products):
        found |= searched(matcher, items(options.data, options.part, options.count))
    present = np.concatenate([rows for name, rows in found.items() if "absent" not in name])
    absent = np.concatenate([rows for name, rows in found.items() if "absent" in name])
    matches = present[present[:, 2] == 1]
    chosen = levels(matches[:, 0], matches[:, 1])
    used = matcher.metadata.early_no or chosen
    if used is None:
        raise InputError(
            f"Expected a model with levels, or matches enough to choose them by, received {len(matches)} matches. Give a "
            f"larger --count."
        )
    sets = found | {"all with the object": present, "all without": absent}
    rows = [{"set": name, **row_of(searches, used)} for name, searches in sets.items()]
    return {"matches": len(matches), "chosen": chosen, "used": used, "rows": rows}


def row_of(searches, early_no):
    """What an early no makes of searches, as `searched` gives them: a dict."""
    no, match = refused(searches[:, 0], searches[:, 1], early_no), searches[:, 2] == 1
    return {
        "searches": len(searches),
        "matches": int(match.sum()),
        "kept": float(np.mean(~no[match])) if match.any() else None,
        "refused": float(np.mean(no)),
        "refused_by_parts": float(np.mean(searches[:, 0] < early_no["parts"])),
    }


def markdown(result):
    """The levels, and a row for every set."""
    columns = {name: bench.text(name) for name in ("set", "searches", "matches")}
    columns |= {
        "of these kept": bench.percent("kept", 2),
        "refused": bench.percent("refused"),
        "by parts": bench.percent("refused_by_parts"),
    }
    said = f"Levels by these {result['matches']} matches: {result['chosen']}; used: {result['used']}."
    return f"{said}\n\n{bench.table(result['rows'], columns)}"


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
