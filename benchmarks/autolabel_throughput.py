"""What does it cost to label many photos: in one process, in two, and on Apache Beam?

    make test-bulk                                                          # once: the place in which Beam is
    python benchmarks/autolabel_throughput.py --data PATH --beam-python .venv-bulk/bin/python --json throughput.json   # 10 minutes

5,000 photos (Caltech-101's, under other names as often as it takes), one reference, the shipped model, `--kinds`. Each way is a command of
its own, from its start to the last file written. CPU seconds count all its processes, and say the same beside other work;
images per second do so only on a machine that does nothing else. All ways must write the same files, to the byte.
"""

import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import bench
from autolabel_kills import files_of
from many_photos import write_photos

from getnet_tf.errors import InputError

PLAIN, PAIR, BEAM, BEAM_PAIR = "one process", "two processes", "Beam, in this process", "Beam, two workers"


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


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/")
    parser.add_argument(
        "--beam-python",
        metavar="PATH",
        help="an interpreter that has Apache Beam; without it Beam is left out",
    )
    bench.add_count(parser, 5000, "to label", "--photos")
    parser.add_argument(
        "--scratch", type=pathlib.Path, metavar="DIR", help="where to work; default: the system's"
    )


def measure(options):
    """Times of every way.

    Raises:
        InputError: if ways write different files.
    """
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        folder = pathlib.Path(folder)
        photos, reference = write_photos(options.data, folder, options.photos)
        result, files = {}, None
        for way, line in ways(options.beam_python).items():
            out = folder / "out"
            result[way] = timed(
                [*map(str, [*line, photos, "--reference", reference, "--kinds", "--out", out])], way
            )
            found = files_of(out)
            found.pop("review.html", None)  # which Beam does not write
            if files is not None and found != files:
                raise InputError(
                    f"{way}: expected the files of {PLAIN}, received others. Do all ways run the same code?"
                )
            files = found
            shutil.rmtree(out)
            bench.say(f"measured    {way}")
    return {"photos": options.photos, "ways": result}


def markdown(result):
    """A row for every way."""
    photos, base = result["photos"], result["ways"][PLAIN]["cpu_s"]
    columns = {
        "": bench.text("way"),
        "seconds": bench.number("seconds", 0),
        "images/s": lambda row: f"{photos / row['seconds']:.1f}",
        "CPU seconds": bench.number("cpu_s", 0),
        "ms of CPU per image": bench.number("cpu_s", 1, scale=1000 / photos),
        "against one process": lambda row: f"{row['cpu_s'] / base - 1:+.1%}",
    }
    rows = [{"way": way, **row} for way, row in result["ways"].items()]
    return f"{photos} photos\n\n{bench.table(rows, columns)}"


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
