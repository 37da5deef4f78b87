"""Makes the model that edge_demo ships: trains and exports to int8. What it can: real_objects.py and scenes.py.

    python benchmarks/shipped_model.py --data PATH --out runs/shipped     # 45 minutes on 2 idle cores; resumes after a kill

Trains on 40 classes of Caltech-101 and the products of Grocery Store, both of licences that allow it; chooses by 8 other
classes and by held-out pictures of the products. 12 classes of Caltech and Grocery's own `val` are seen by nothing here.
The finished file is `edge_demo/models/getnet.tflite`, unless --tflite says otherwise.
"""

import pathlib
import shlex
import sys

import bench
import photo_runs
import photo_sets

from edge_demo.model.shipped import SHIPPED_MODEL
from getnet_tf.console import start_tensorflow

# More of everything than a user's own few photos need.
BUDGET = ("--siamese-steps", "400", "--locating-steps", "2600", "--scenes", "7000", "--start", "scratch")


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/ and grocery/")
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="RUN", help="folder of the run")
    parser.add_argument(
        "--tflite", type=pathlib.Path, default=SHIPPED_MODEL, metavar="FILE", help="the file to write"
    )
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: all")
    parser.add_argument("settings", nargs="*", help="further options of getnet_tf.train, behind --")


def measure(options):
    """Trains, or goes on training, and exports."""
    start_tensorflow(options.threads)
    from export import to_tflite
    from getnet_tf import checkpoint
    from getnet_tf.localisers import shipped as shipped_localiser

    splits = photo_sets.together(photo_sets.caltech(options.data, 0), photo_sets.grocery(options.data))
    behind = photo_sets.training_backgrounds(options.data, options.out.parent / "backgrounds")
    settings = ["--backgrounds", str(behind), *BUDGET, *options.settings]
    command = shlex.join(["python", "benchmarks/shipped_model.py", "--data", "DATA", *options.settings])
    path = photo_runs.trained(splits, options.data, options.out, settings, command=command)
    if options.tflite == SHIPPED_MODEL:
        shipped_localiser.save(checkpoint.load(path)[0])
    options.tflite.parent.mkdir(parents=True, exist_ok=True)
    # What it is checked on is what it is chosen by: the test pictures are for the benchmarks alone.
    to_tflite.export(path, options.tflite, splits={**splits, "test": splits["val"]})
    return {"file": str(options.tflite), "kilobytes": options.tflite.stat().st_size / 1e3}


def markdown(result):
    """Where it is."""
    return f"{result['file']}: {result['kilobytes']:,.0f} kB"


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
