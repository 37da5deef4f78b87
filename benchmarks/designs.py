"""How locating and describing share work: the target area cut out of the image, or out of the map of features.

    python benchmarks/designs.py --data PATH --run runs/shipped --out designs        # 15 minutes on 2 cores

Cut out of the image, the area goes through the backbone a second time (the shipped design). Out of the map, `--sampled
map`, the backbone runs once, but the area has as few cells as the map has there. The weights are the same, of `--run`, which
is that of `shipped_model.py`. Both are exported in 8 bits and measured on the frozen scenes of `scenes.py`, beside the bare
backbone over the same image; milliseconds are medians of one thread, the files taking turns.
"""

import dataclasses
import pathlib
import sys

import bench
import numpy as np
import photo_sets
from frozen_scenes import KINDS, scene_set
from scenes import locate

from export import benchmark, cost
from export.variant import VARIANTS
from getnet_tf.console import start_tensorflow

DESIGNS = ("image", "map")  # what the target area is cut out of
PARTS = ("trunk", "top", "encoder", "neck", "localiser")
PARITY_IMAGES = 60


def redesigned(run, sampled, folder):
    """The checkpoint of a run with its areas cut out of something else; returns its path."""
    from getnet_tf import checkpoint
    from getnet_tf.model import GetNet

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


def exported(run, folder, data):
    """The file of each design, and that of the bare backbone, made if missing: dict of paths; and the network's config."""
    from export import to_tflite
    from export.bare_backbone import bare_backbone
    from getnet_tf import checkpoint
    from getnet_tf.data.source import pairs_of

    splits = photo_sets.together(photo_sets.caltech(data, 0), photo_sets.grocery(data))
    splits = {**splits, "test": splits["val"]}  # what the export agrees on; the scenes are of other classes
    network, card = checkpoint.load(run)
    paths = {name: folder / f"{name}.tflite" for name in (*DESIGNS, "bare")}
    for name in DESIGNS:
        if benchmark.is_stale(paths[name], run):
            redesign = redesigned(run, name, folder)
            to_tflite.export(redesign, paths[name], "int8-ptq", splits=splits, images=PARITY_IMAGES)
    if benchmark.is_stale(paths["bare"], run):
        settling = pairs_of(splits["train"], card.config.data, network.config.image_hw, 8)
        content = bare_backbone(
            network, VARIANTS["int8-ptq"], lambda count: settling.dataset(0, count, 8).as_numpy_iterator()
        )
        paths["bare"].write_bytes(content)
    return paths, network.config


def milliseconds(paths, config):
    """Of each file on random pictures, one thread, taking turns."""
    rng = np.random.default_rng(0)
    image, area = (rng.integers(0, 256, (*hw, 3), np.uint8) for hw in (config.image_hw, config.crop_hw))
    return cost.milliseconds({name: cost.call_of(path, image, area)(1) for name, path in paths.items()})


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/ and grocery/")
    parser.add_argument(
        "--run",
        type=pathlib.Path,
        required=True,
        metavar="RUN",
        help="folder of the shipped model's training",
    )
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="DIR", help="of the files")
    bench.add_count(parser, 250, "scenes of each kind")


def measure(options):
    """Exports what is missing; a row for each design."""
    start_tensorflow(0)
    options.out.mkdir(parents=True, exist_ok=True)
    paths, config = exported(options.run, options.out, options.data)
    times = milliseconds(paths, config)
    sets = {kind: list(scene_set(options.data, kind, options.count)) for kind in KINDS}
    result = {"bare": {"ms": times["bare"]}}
    for name in DESIGNS:
        found = {kind: locate(bench.open_model(paths[name]), items) for kind, items in sets.items()}
        result[name] = {"ms": times[name], "ratio": times[name] / times["bare"], **found}
    return result


def markdown(result):
    """The rows as they are."""
    columns = {
        "area cut out of": bench.text("design"),
        "ms": bench.number("ms", 1),
        "of the bare backbone": bench.number("ratio", 2),
        **{f"CorLoc@0.5, {kind}": bench.of(kind, bench.number("corloc", 3)) for kind in KINDS},
    }
    shown = bench.table([{"design": f"the {name}", **result[name]} for name in DESIGNS], columns)
    return f"{shown}\n\nThe bare int8 backbone over the same image: {result['bare']['ms']:.1f} ms."


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
