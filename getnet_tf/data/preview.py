"""A contact sheet of what the network will see.

    python -m getnet_tf.data.preview --variant scaled --out preview.png

Pairs of the training split with their labels; the known boxes are drawn in, although training never sees them.
"""

import argparse
import pathlib
import sys

from edge_demo.bounds import positive, seed
from edge_demo.manual import Manual
from edge_demo.output_file import OutputFile
from getnet_tf.choices import DIGIT_VARIANTS
from getnet_tf.config import DataConfig
from getnet_tf.data import digits
from getnet_tf.data.pairs import DigitPairs
from getnet_tf.errors import InputError, report_errors


def run(options):
    """Draws the sheet."""
    from getnet_tf.evaluation import plots

    try:
        config = DataConfig(options.data, options.variant, options.noise)
    except ValueError as error:
        raise InputError(str(error)) from error
    split = digits.load(config.source, config.seed)["train"]
    batch = DigitPairs(split, config, options.seed, augment=True).batch(0, options.pairs)
    captions = ["same" if label else "different" for label in batch["label"]]
    title = f"{config.variant}, training pairs of {len(split.labels):,} digits"
    shown = [batch[name] for name in ("image0", "image1", "box0", "box1")]
    figure = plots.pair_grid(*shown, captions, title)
    try:
        plots.save(figure, options.out)
    except ValueError as error:  # a suffix of no format
        raise InputError(f"--out: expected FILE.png, received {options.out} ({error}).") from error
    print(f"wrote {options.out}")


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m getnet_tf.data.preview",
        description=__doc__.splitlines()[0],
        formatter_class=Manual,
        allow_abbrev=False,
    )
    add, data = parser.add_argument, DataConfig()
    add(
        "--out",
        type=pathlib.Path,
        action=OutputFile,
        required=True,
        metavar="FILE.png",
        help="the picture to write",
    )
    add(
        "--data",
        default=data.source,
        metavar="digits|mnist|FILE.npz",
        help="embedded digits, MNIST, or a file",
    )
    add("--variant", choices=DIGIT_VARIANTS, default=data.variant, help="how the digits are hidden")
    add("--noise", type=float, default=data.noise, help="grey level that the noise reaches, 0 to 1")
    add("--pairs", type=positive, default=16, help="how many")
    add("--seed", type=seed, default=0, help="of the pairs")
    return report_errors(lambda: run(parser.parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
