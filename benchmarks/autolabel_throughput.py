"""What does it cost to label many photos: in one process, in two, and on Apache Beam?

    make test-bulk                                                          # once: the place in which Beam is
    python benchmarks/autolabel_throughput.py --data PATH --beam-python .venv-bulk/bin/python --json throughput.json   # 10 minutes

5,000 photos (Caltech-101's, under other names as often as it takes), one reference, the shipped model. Each way is a command of
its own, from its start to the last file written. CPU seconds count all its processes, and say the same beside other work;
images per second do so only on a machine that does nothing else. All ways must write the same files, to the byte.
"""

import argparse
import json
import os
import pathlib
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from autolabel_kills import files_of
from many_photos import write_photos

from getnet_tf.errors import InputError, report_errors
from getnet_tf.training.run_folder import write_text

PLAIN, PAIR, BEAM, BEAM_PAIR = "one process", "two processes", "Beam, in this process", "Beam, two workers"


def run(options):
    """Measures every way, prints Markdown."""
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        folder = pathlib.Path(folder)
        photos, reference = write_photos(options.data, folder, options.photos)
        result, files = {}, None
        for way, line in ways(options.beam_python).items():
            out = folder / "out"
            result[way] = timed([*map(str, [*line, photos, "--reference", reference, "--out", out])], way)
            found = files_of(out)
            found.pop("review.html", None)  # which Beam does not write
            if files is not None and found != files:
                raise InputError(
                    f"{way}: expected the files of {PLAIN}, received others. Do all ways run the same code?"
                )
            files = found
            shutil.rmtree(out)
            print(f"done: {way}", file=sys.stderr)
    base = result[PLAIN]["cpu_s"]
    print(f"{options.photos} photos, {platform.processor() or platform.machine()}, {os.cpu_count()} cores\n")
    print(
        "| | seconds | images/s | CPU seconds | ms of CPU per image | against one process |\n|---|---|---|---|---|---|"
    )
    for way, row in result.items():
        each, more = row["cpu_s"] / options.photos, row["cpu_s"] / base - 1
        print(
            f"| {way} | {row['seconds']:.0f} | {options.photos / row['seconds']:.1f} | {row['cpu_s']:.0f} "
            f"| {1000 * each:.1f} | {100 * more:+.1f} % |"
        )
    if options.json:
        write_text(options.json, json.dumps({"photos": options.photos, **result}, indent=1) + "\n")


def ways(beam_python):
    """The command of every way: dict name -> list."""
    plain = [sys.executable, "-m", "getnet_tf.autolabel", "--processes"]
    found = {PLAIN: [*plain, "1"], PAIR: [*plain, "2"]}
    if beam_python:
        bulk = [beam_python, "-m", "getnet_tf.autolabel.bulk"]
        workers = ["--direct_num_workers=2", "--direct_running_mode=multi_processing"]
        found |= {BEAM: bulk, BEAM_PAIR: [*bulk, *workers]}
    return found


def timed(line, way):
    """Runs a command: {"seconds", "cpu_s"}, the latter with all processes that it began.

    Raises:
        InputError: if it fails.
    """
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    finished = subprocess.run(line, capture_output=True, text=True)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if finished.returncode not in (0, 1):
        raise InputError(f"{way}: ended with {finished.returncode}: {finished.stderr[-300:].strip()}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": round(seconds, 2), "cpu_s": round(cpu_s, 2)}


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="benchmarks/autolabel_throughput.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder that holds caltech101/")
    parser.add_argument(
        "--beam-python", help="an interpreter that has Apache Beam; without it Beam is left out"
    )
    parser.add_argument("--photos", type=int, default=5000)
    parser.add_argument("--scratch", type=pathlib.Path, help="where to work; default: the system's")
    parser.add_argument("--json", type=pathlib.Path, help="write the results there, too")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
