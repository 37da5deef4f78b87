"""Does it hold? Every command is given thousands of broken inputs, and each must end in an answer or in one line.

    python benchmarks/attack.py --seed 1 --count 10000             # hours on 2 cores
    python benchmarks/attack.py --seed 1 --count 200 --only journals csv

Inputs are what the commands take, mutated: bits flipped, pieces cut, zeroed, swapped and inserted, and values of JSON and arrays
replaced by hostile ones (`attack_inputs.py`); what they are given to is in `attack_cases.py` and `attack_training.py`. A case is a folder of its own, and a process forked from one that has its imports
done. Counted are: tracebacks; ends by a signal; hangs, more than 20 s; failures that are not one line; and files that
appear or change outside the folders that the command was given. The same seed and count give the same cases.
"""

import collections
import concurrent.futures
import dataclasses
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

import attack_cases
import attack_training
import bench

KINDS = {kind.name: kind for kind in (*attack_cases.KINDS, *attack_training.KINDS)}
LIMIT_S = 20
FAULTS = ("traceback", "signal", "hang", "not one line", "outside")
VERDICTS = ("held", "refused", *FAULTS)


@dataclasses.dataclass(frozen=True)
class Ended:
    """What became of a case."""

    verdict: str  # "held", "refused", or one of `FAULTS`
    said: str = ""  # of a fault, the last line


def attacked(kind, prepared, seed, number, limit_s):
    """Runs one case: `Ended`."""
    rng = random.Random(f"{kind.name} {seed} {number}")
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        root = pathlib.Path(folder)
        work = root / "a" / "b" / "work"
        shutil.copytree(prepared, work)
        case = kind.case(work, rng)
        before = listed(root)
        pid = os.fork()
        if pid == 0:
            run_in_child(case.run, work, root)
        status = waited(pid, limit_s)
        said = (root / "stderr").read_text(errors="replace") if (root / "stderr").exists() else ""
        outside = [path for path in changed(before, listed(root)) if not path.startswith(case.may_write)]
        return judged(status, said, outside)


def judged(status, said, outside):
    """`Ended`, from how the process ended, what it wrote on stderr, and what it wrote where it should not."""
    last = (said.strip().splitlines() or [""])[-1]
    if status is None:
        return Ended("hang", last)
    if os.WIFSIGNALED(status):
        return Ended("signal", f"{signal.Signals(os.WTERMSIG(status)).name} {last}")
    if "Traceback (most recent call last)" in said:
        return Ended("traceback", last)
    if outside:
        return Ended("outside", outside[0])
    code = os.WEXITSTATUS(status)
    if code in (0, 1):
        return Ended("held")
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    if code == 2 and (len(errors) == 1 or "usage: " in said):
        return Ended("refused")
    return Ended("not one line", f"exit code {code}: {last}")


def run_in_child(run, work, root):
    """Runs a case in this process, which ends by it."""
    code = 70
    try:
        os.chdir(work)
        for descriptor, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(root / name, os.O_WRONLY | os.O_CREAT, 0o600), descriptor)
        code = run() or 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 2
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def waited(pid, limit_s):
    """The status of a process that ended by itself; None if it had to be killed."""
    until_s = time.monotonic() + limit_s
    while time.monotonic() < until_s:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def listed(root):
    """Relative path -> what a file is known by, of all files below a folder but what a case says."""
    files = (path for path in root.rglob("*") if path.is_file() and path.parent != root)
    found = {}
    for path in files:
        stamp = path.stat()
        found[os.path.relpath(path, root / "a/b/work")] = stamp.st_size, stamp.st_mtime_ns
    return found


def changed(before, after):
    """Paths, relative to the folder of the case, of what is new or another."""
    return sorted(path for path, stamp in after.items() if before.get(path) != stamp)


def serve(name, prepared, seed, numbers, limit_s):
    """Runs cases one by one, in a process that has imported what they need: list of (number, `Ended`)."""
    kind = KINDS[name]
    kind.imports()
    return [(number, attacked(kind, prepared, seed, number, limit_s)) for number in numbers]


def arguments(parser):
    """The script's options."""
    bench.add_seed(parser, 1)
    bench.add_count(parser, 10_000, "of cases, of all kinds together")
    parser.add_argument(
        "--only", nargs="+", choices=KINDS, default=list(KINDS), metavar="KIND", help=", ".join(KINDS)
    )
    parser.add_argument(
        "--jobs", type=bench.positive, default=os.cpu_count(), metavar="N", help="at the same time"
    )
    parser.add_argument("--limit", type=float, default=LIMIT_S, metavar="S", help="after which a case hangs")


def measure(options):
    """Runs the cases: {"kinds": [{"kind", "cases", and how many of each verdict}, ...], "missed": names}."""
    kinds, share = (
        {name: collections.Counter() for name in options.only},
        max(1, options.count // len(options.only)),
    )
    with tempfile.TemporaryDirectory(prefix="attack-") as place:
        places = {name: pathlib.Path(place) / name for name in options.only}
        for name, folder in places.items():
            folder.mkdir()
            KINDS[name].prepare(folder)
        # A new process for each part, so that nothing of one kind is in another's.
        with concurrent.futures.ProcessPoolExecutor(options.jobs, max_tasks_per_child=1) as pool:
            running = {
                pool.submit(
                    serve, name, folder, options.seed, range(first, share, options.jobs), options.limit
                ): name
                for name, folder in places.items()
                for first in range(min(options.jobs, share))
            }
            for done in concurrent.futures.as_completed(running):
                for number, ended in done.result():
                    kinds[running[done]][ended.verdict] += 1
                    if ended.verdict in FAULTS:
                        bench.say(f"{running[done]} {number}: {ended.verdict}: {ended.said:.300}")
    rows = [
        {"kind": name, "cases": counts.total(), **{verdict: counts[verdict] for verdict in VERDICTS}}
        for name, counts in kinds.items()
    ]
    return {"kinds": rows, "missed": [row["kind"] for row in rows if any(row[fault] for fault in FAULTS)]}


def markdown(result):
    """The table by kind."""
    columns = {"kind": bench.text("kind"), "cases": bench.number("cases", 0)}
    return bench.table(result["kinds"], columns | {name: bench.number(name, 0) for name in VERDICTS})


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
