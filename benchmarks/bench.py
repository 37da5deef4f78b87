"""The bench that the scripts of this folder stand on: common arguments, the machine in a line, tables, JSON, models.

A script is a docstring that is its manual, `arguments(parser)` with the options it has, `measure(options)`, which returns
a dict, `markdown(result)`, which shows it, and at the bottom

    if __name__ == "__main__":
        sys.exit(bench.main(__doc__, arguments, measure, markdown))

What takes TensorFlow is imported where it is used, so that `--help` answers at once.
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import platform
import sys

from edge_demo.bounds import positive, seed
from edge_demo.manual import Manual
from edge_demo.model.shipped import SHIPPED_MODEL
from getnet_tf.card import commit
from getnet_tf.errors import InputError, report_errors
from getnet_tf.training.run_folder import write_text

PACKAGES = ("numpy", "opencv-python", "ai-edge-litert", "tensorflow", "keras")


def main(doc, arguments, measure, markdown, argv=None):
    """The command line of a script.

    Args:
        doc: the script's docstring, shown by `--help`.
        arguments: function of the parser that adds the script's options.
        measure: function of the options; returns a dict that JSON can hold. Names of targets that were missed are under
            `missed`.
        markdown: function of that dict; returns text.
        argv: list of str; None for the process's own.

    Returns:
        The exit code: 1 if a target was missed, 2 for a bad input.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=Manual, allow_abbrev=False)
    arguments(parser)
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    return report_errors(lambda: _run(parser.parse_args(argv), measure, markdown))


def _run(options, measure, markdown):
    _check(options)
    machine = environment(getattr(options, "threads", None))
    result = measure(options)
    print(f"{sentence(machine)}\n\n{markdown(result)}")
    if options.json:
        content = {"environment": machine, "options": vars(options), "result": result}
        write_text(options.json, json.dumps(content, indent=1, default=_plain) + "\n")
    return int(bool(result.get("missed")))


def _check(options):
    """Before an hour of work, not after it."""
    data, model = getattr(options, "data", None), getattr(options, "model", None) or []
    if data is not None and not data.exists():
        raise InputError(f"No such data: {data}. Expected what --help says; give another --data.")
    for path in model if isinstance(model, list) else [model]:
        if not path.exists():
            raise InputError(
                f"No such model: {path}. Expected a .tflite or a checkpoint; give another --model."
            )
    if options.json and not options.json.absolute().parent.is_dir():
        raise InputError(f"No such folder: {options.json.parent}. Make it, or give another --json.")


# Arguments that several scripts have


def add_data(parser, holds, required=True, metavar="PATH"):
    """`--data`, the benchmarks' data."""
    parser.add_argument("--data", type=pathlib.Path, required=required, metavar=metavar, help=holds)


def add_model(parser, what="a .tflite file; default: the shipped one"):
    """`--model`, the shipped one unless said otherwise, and the `--threads` that it runs on."""
    parser.add_argument("--model", type=pathlib.Path, default=SHIPPED_MODEL, metavar="FILE", help=what)
    parser.add_argument("--threads", type=positive, default=1, help="that the model runs on")


def add_count(parser, default, what, flag="--count"):
    """How many of something to measure on."""
    parser.add_argument(flag, type=positive, default=default, metavar="N", help=what)


def add_seed(parser, default=0):
    """`--seed`."""
    parser.add_argument("--seed", type=seed, default=default, metavar="N", help="draws everything")


def add_part(parser, default):
    """`--part`: kinds of things that no training has seen."""
    parser.add_argument(
        "--part", choices=("test", "val"), default=default, help="kinds to report on, or to choose by"
    )


def open_model(path, threads=1, kinds=False):
    """A model as the edge's matcher: describe, find, match, distance.

    Args:
        path: a `.tflite`, or a checkpoint: its `.keras` file or run folder, which knows kinds alone.
        threads: of a `.tflite`.
        kinds: whether one of the kind is asked for alone, as `Matcher` takes it.

    Raises:
        InputError or EdgeError: if it is neither.
    """
    if pathlib.Path(path).suffix == ".tflite":
        from edge_demo.model.matcher import Matcher

        return Matcher(path, threads, kinds=kinds)  # as the demo does
    from getnet_tf.console import start_tensorflow

    start_tensorflow()
    from getnet_tf.evaluation.keras_matcher import KerasMatcher

    return KerasMatcher(path)


# What was measured where


def environment(threads=None):
    """What numbers depend on besides the code: dict of processor, cores, threads, load, versions, commit."""
    versions = {"Python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": threads,
        "load": round(os.getloadavg()[0], 1),
        "versions": versions,
        "commit": commit(),
    }


def sentence(machine):
    """An `environment` as one line."""
    threads = f", {machine['threads']} of them used" if machine["threads"] else ""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{machine['processor']}, {machine['cores']} cores{threads}, load before {machine['load']:.1f}; {versions}; "
        f"commit {machine['commit']}"
    )


def processor():
    """The processor's name."""
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def say(text):
    """Tells how far a long measurement is, beside what it prints."""
    print(text, file=sys.stderr, flush=True)


def _plain(value):
    """What JSON has no form for: NumPy's numbers, and paths."""
    return value.item() if hasattr(value, "item") else str(value)


# Tables


def table(rows, columns):
    """Markdown of rows.

    Args:
        rows: iterable of dicts.
        columns: dict heading -> function of a row that returns the cell's text, as those below.
    """
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    lines += ["| " + " | ".join(cell(row) for cell in columns.values()) + " |" for row in rows]
    return "\n".join(lines)


def text(key):
    """A cell as it is; "-" where there is nothing, as in all of these."""
    return lambda row: "-" if row.get(key) is None else str(row[key])


def number(key, digits, scale=1):
    """A cell with so many digits behind the point; the 95 % interval beside it, if `KEY_low` and `KEY_high` are there."""

    def cell(row):
        if row.get(key) is None:
            return "-"
        value, low, high = (
            None if row.get(name) is None else f"{scale * row[name]:,.{digits}f}"
            for name in (key, f"{key}_low", f"{key}_high")
        )
        return value if low is None else f"{value} [{low}, {high}]"

    return cell


def percent(key, digits=1):
    """A share as `number`, in percent."""
    return number(key, digits, scale=100)


def together(form, *cells):
    """Several cells in one: `together("{} ({})", number("corloc", 3), number("mean_iou", 3))`."""
    return lambda row: form.format(*(cell(row) for cell in cells))


def of(key, cell):
    """A cell of the dict that a row has under `key`; "-" where it has none."""
    return lambda row: "-" if row.get(key) is None else cell(row[key])
