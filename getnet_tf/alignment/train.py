"""Trains an aligner: how a thing lies in a picture, from single pictures that nobody has labelled.

    python -m getnet_tf.alignment.train --data photos/ --out runs/align            # about half an hour on two cores
    python -m getnet_tf.alignment.train --data photos/ --out runs/align --resume   # go on after a kill
    python -m getnet_tf.alignment.train --data photos/ --out runs/try --preset quick

The run folder then holds `model.keras` (the checkpoint) and `log.csv`.
"""

import argparse
import pathlib
import shlex
import sys

from getnet_tf.alignment import settings
from getnet_tf.alignment.run import run
from getnet_tf.console import start_tensorflow
from getnet_tf.errors import InputError, report_errors

PRESETS = {"full": settings.full, "quick": settings.quick}
# Settings that can be given, and their help.
GIVEN = {
    "pictures": "of the folder, read at most",
    "finds": "composed pairs of a reference and an area",
    "affine_steps": "of the affine regressor, first",
    "spline_steps": "of the spline's, then",
    "batch": "pairs per step",
    "learning_rate": "peak, cosine decay",
    "log_every": "steps between log lines and states to resume from",
    "seed": "of pictures, pairs and initial weights",
}


def build_parser():
    """The command line. A setting that is not given is absent from its options: the preset has it."""
    parser = argparse.ArgumentParser(
        prog="python -m getnet_tf.alignment.train",
        description=__doc__.splitlines()[0],
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--data", required=True, metavar="FOLDER", help="pictures of any things and places, at any depth")
    add("--out", type=pathlib.Path, required=True, metavar="RUN", help="folder of the run")
    add(
        "--resume",
        action="store_true",
        default=False,
        help="go on with the run in --out, with the same settings",
    )
    add(
        "--preset",
        choices=PRESETS,
        default="full",
        help="quick: to see that everything works (default: full)",
    )
    add("--threads", type=int, default=0, help="CPU threads; 0: all (default: 0)")
    for name, words in GIVEN.items():
        default = getattr(settings.AlignConfig, name)
        add(f"--{name.replace('_', '-')}", type=type(default), help=f"{words} (default: {default})")
    return parser


def main(argv=None):
    """The command line; returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    return report_errors(_main, build_parser().parse_args(argv), argv)


def _main(options, argv):
    given = {name: value for name, value in vars(options).items() if name in GIVEN}
    try:
        config = PRESETS[options.preset](options.data, **given)
    except ValueError as error:
        raise InputError(str(error)) from error
    start_tensorflow(options.threads)
    verbose = 1 if sys.stdout.isatty() else 2
    command = shlex.join(["python", "-m", "getnet_tf.alignment.train", *argv])
    print(f"checkpoint: {run(config, options.out, options.resume, command, verbose)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
