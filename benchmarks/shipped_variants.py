"""The shipped model in every variant: export/benchmark.py on its own checkpoint and on pictures that it has not seen.

    python benchmarks/shipped_variants.py --data PATH --run runs/shipped --out variants        # half an hour on 2 cores

`--run` is that of `shipped_model.py`. The test pictures are those of `real_objects.py`.
"""

import argparse
import pathlib
import sys

import photo_sets

from export import benchmark
from export.variant import VARIANTS
from getnet_tf.errors import report_errors


def run(options):
    """Exports, measures, prints, writes."""
    options.out.mkdir(parents=True, exist_ok=True)
    splits = photo_sets.together(photo_sets.caltech(options.data, 0), photo_sets.grocery(options.data))
    found = benchmark.measure(options.run, options.out, options.variants, options.pairs, splits=splits)
    benchmark.save(found, options.out)


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
    add("--out", type=pathlib.Path, required=True, metavar="DIR", help="of the files and the report")
    add("--variants", nargs="+", choices=VARIANTS, help="to compare; all that need no further settings")
    add("--pairs", type=int, default=300, help="test pairs, at most")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
