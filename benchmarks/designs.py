"""How locating and describing share work: the target area cut out of the image, or out of the map of features.

    python benchmarks/designs.py --data PATH --run runs/shipped --out designs        # 15 minutes on 2 cores

Cut out of the image, the area goes through the backbone a second time (the shipped design). Out of the map, `--sampled
map`, the backbone runs once, but the area has as few cells as the map has there. The weights are the same, of `--run`, which
is that of `shipped_model.py`. Both are exported in 8 bits and measured on the frozen scenes of `scenes.py`, beside the bare
backbone over the same image; milliseconds are medians of one thread, the files taking turns.
"""

import argparse
import dataclasses
import json
import pathlib
import sys

import numpy as np
import photo_sets
from finder import EdgeFinder
from scenes import locate, scene_set

from export import benchmark, cost, to_tflite
from export.bare_backbone import bare_backbone
from export.variant import VARIANTS
from getnet_tf import checkpoint
from getnet_tf.console import start_tensorflow
from getnet_tf.data.source import pairs_of
from getnet_tf.errors import report_errors
from getnet_tf.model import GetNet
from getnet_tf.training.run_folder import write_text

DESIGNS = ("image", "map")  # what the target area is cut out of
PARTS = ("trunk", "top", "encoder", "neck", "localiser")
PARITY_IMAGES = 60
KINDS = ("rectangles", "masks")


def redesigned(run, sampled, folder):
    """The checkpoint of a run with its areas cut out of something else; returns its path."""
    network, card = checkpoint.load(run)
    config = dataclasses.replace(network.config, sampled=sampled)
    other = GetNet(config)
    for part in PARTS:
        getattr(other, part).set_weights(getattr(network, part).get_weights())
    path = folder / sampled / "model.keras"
    path.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.save(
        path, other, dataclasses.replace(card, config=dataclasses.replace(card.config, model=config))
    )
    return path


def run(options):
    """Exports what is missing, measures, prints Markdown."""
    start_tensorflow(0)
    splits = photo_sets.together(photo_sets.caltech(options.data, 0), photo_sets.grocery(options.data))
    splits = {**splits, "test": splits["val"]}  # what the export agrees on; the scenes are of other classes
    network, card = checkpoint.load(options.run)
    paths = {}
    for sampled in DESIGNS:
        paths[sampled] = options.out / f"{sampled}.tflite"
        if benchmark.is_stale(paths[sampled], options.run):
            redesign = redesigned(options.run, sampled, options.out)
            to_tflite.export(redesign, paths[sampled], "int8-ptq", splits=splits, images=PARITY_IMAGES)
    paths["bare"] = options.out / "bare.tflite"
    if benchmark.is_stale(paths["bare"], options.run):
        settling = pairs_of(splits["train"], card.config.data, network.config.image_hw, 8)
        content = bare_backbone(
            network, VARIANTS["int8-ptq"], lambda count: settling.dataset(0, count, 8).as_numpy_iterator()
        )
        paths["bare"].write_bytes(content)
    rng = np.random.default_rng(0)
    image, area = (
        rng.integers(0, 256, (*hw, 3), np.uint8) for hw in (network.config.image_hw, network.config.crop_hw)
    )
    times = cost.milliseconds({name: cost.call_of(path, image, area)(1) for name, path in paths.items()})
    sets = {kind: list(scene_set(options.data, kind, options.scenes)) for kind in KINDS}
    result = {"bare": {"ms": times["bare"]}}
    for name in DESIGNS:
        found = {kind: locate(EdgeFinder(paths[name]), items) for kind, items in sets.items()}
        result[name] = {"ms": times[name], "ratio": times[name] / times["bare"], **found}
    print(table(result))
    if options.json:
        write_text(options.json, json.dumps(result, indent=1) + "\n")


def table(result):
    """The measurements as Markdown."""
    lines = [
        "| area cut out of | ms | of the bare backbone | CorLoc@0.5, rectangles | masks |",
        "|---" * 5 + "|",
    ]
    for name in DESIGNS:
        row = result[name]
        cells = [f"{row[kind]['corloc']:.3f}" for kind in KINDS]
        lines.append(f"| the {name} | {row['ms']:.1f} | {row['ratio']:.2f} | {' | '.join(cells)} |")
    return "\n".join(
        [*lines, f"\nThe bare int8 backbone over the same image: {result['bare']['ms']:.1f} ms."]
    )


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, metavar="DIR", help="holds caltech101/ and grocery/")
    add(
        "--run",
        type=pathlib.Path,
        required=True,
        metavar="RUN",
        help="folder of the shipped model's training",
    )
    add("--out", type=pathlib.Path, required=True, metavar="DIR", help="of the files")
    add("--scenes", type=int, default=250, help="of each kind")
    add("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
