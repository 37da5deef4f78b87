"""The shipped model in every variant: export/benchmark.py on its own checkpoint and on pictures that it has not seen.

    python benchmarks/shipped_variants.py --data PATH --run runs/shipped --out variants        # half an hour on 2 cores

`--run` is that of `shipped_model.py`. The test pictures are those of `real_objects.py`.
"""

import pathlib
import sys

import bench
import photo_sets

from export import benchmark
from export.variant import VARIANTS


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
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="DIR", help="of files and report")
    parser.add_argument(
        "--variants", nargs="+", choices=VARIANTS, help="to compare; all that need no further settings"
    )
    bench.add_count(parser, 300, "test pairs, at most", "--pairs")


def measure(options):
    """Exports, measures, writes a report."""
    options.out.mkdir(parents=True, exist_ok=True)
    splits = photo_sets.together(photo_sets.caltech(options.data, 0), photo_sets.grocery(options.data))
    found = benchmark.measure(options.run, options.out, options.variants, options.pairs, splits=splits)
    benchmark.save(found, options.out)
    return {"folder": str(options.out), **found}


def markdown(result):
    """The report itself is printed where it is saved."""
    return f"{result['folder']}: the files, benchmark.md, benchmark.json and benchmark.png"


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
