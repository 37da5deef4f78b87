"""Makes the model that edge_demo ships: trains and exports to int8. What it can: real_objects.py and scenes.py.

    python benchmarks/shipped_model.py --data PATH --out runs/shipped     # 45 minutes on 2 idle cores; resumes after a kill

Trains on 40 classes of Caltech-101 and the products of Grocery Store, both of licences that allow it; chooses by 8 other
classes and by held-out pictures of the products. 12 classes of Caltech and Grocery's own `val` are seen by nothing here.
The finished file is `edge_demo/models/getnet.tflite`, unless --tflite says otherwise.
"""

import argparse
import pathlib
import shlex
import sys

import photo_sets

from edge_demo.__main__ import SHIPPED_MODEL
from export import to_tflite
from getnet_tf import checkpoint, train
from getnet_tf.console import start_tensorflow
from getnet_tf.errors import report_errors
from getnet_tf.localisers import shipped as shipped_localiser

# More of everything than a user's own few photos need.
BUDGET = ("--siamese-steps", "400", "--locating-steps", "2600", "--scenes", "7000", "--start", "scratch")


def config_of(data, folder, extra=()):
    """The settings: the defaults for photos, and what the command line says beyond them."""
    arguments = ["--data", str(data), "--out", "unused", "--backgrounds", str(folder), *BUDGET, *extra]
    return train.config_from(train.parse(arguments))


def run(options):
    """Trains, or goes on training."""
    start_tensorflow(options.threads)
    splits = photo_sets.together(photo_sets.caltech(options.data, 0), photo_sets.grocery(options.data))
    command = shlex.join(["python", "benchmarks/shipped_model.py", "--data", "DATA", *options.settings])
    folder = photo_sets.training_backgrounds(options.data, options.out.parent / "backgrounds")
    config = config_of(options.data, folder, options.settings)
    path = train.run(config, options.out, resume=True, command=command, verbose=2, splits=splits)
    if options.tflite == SHIPPED_MODEL:
        shipped_localiser.save(checkpoint.load(path)[0])
    options.tflite.parent.mkdir(parents=True, exist_ok=True)
    # What it is checked on is what it is chosen by: the test pictures are for the benchmarks alone.
    to_tflite.export(path, options.tflite, splits={**splits, "test": splits["val"]})


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, metavar="DIR", help="holds caltech101/ and grocery/")
    add("--out", type=pathlib.Path, required=True, metavar="RUN", help="folder of the run")
    add("--tflite", type=pathlib.Path, default=SHIPPED_MODEL, metavar="FILE", help="the file to write")
    add("--threads", type=int, default=0, help="CPU threads; 0: all")
    add("settings", nargs="*", help="further options of getnet_tf.train, behind --")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
