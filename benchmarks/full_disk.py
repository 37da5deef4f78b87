"""Does it hold on a full disk? Every command that writes, on disks that are too small for it, and on one that can't be written.

    python benchmarks/full_disk.py                                 # two hours on 2 cores beside other work
    python benchmarks/full_disk.py --only recording gallery

Linux only. It starts itself again where mounting needs no rights (`unshare`, with user namespaces). A command first writes to a disk that has room,
which says how much it takes at most, and how long; then to disks of shares of that, the first of them full; to disks that others fill after a
share of the time; and to a read-only one. What writes is in `full_disk_writers.py`. Expected are one line on stderr and exit code 2, or, where all of it fits, what an undisturbed run leaves; and of
what was left every file must be whole (`full_disk_files.py`). Counted are tracebacks; ends by a signal; hangs; failures that are
not one line, or have another exit code; and half files. Snapshots are documented to go on while the disk is full.
"""

import collections
import concurrent.futures
import contextlib
import math
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import bench
import full_disk_files
from full_disk_writers import OUT, WRITERS, made

BY_NAME = {writer.name: writer for writer in WRITERS}
ROOMS = (0, 0.03, 0.2, 0.5, 0.8, 0.95)  # of what an undisturbed run takes
ROOMS_HEAVY = (0, 0.3, 0.9)
FILLED = (0.6, 0.95)  # of the time that it takes
PAGE = 4096  # bytes; a smaller tmpfs would have no limit
LARGE = 1 << 30
ROOMY = 8  # times as much as it takes
FILLER = "of-others"
INSIDE = "GETNET_FULL_DISK"  # in the environment of the process that can mount
READ_ONLY = "read-only"
FAULTS = ("traceback", "signal", "hang", "not one line", "half a file")
VERDICTS = ("fitted", "went on", "refused", *FAULTS)
LIMIT_S, LIMIT_TIMES = 60, 5  # a hang: this, and so many times what an undisturbed run takes


@contextlib.contextmanager
def disk(place, size, before):
    """A disk of `size` bytes at `place`, and a copy of the folder `before` besides, if there is one; gone in the end."""
    place.mkdir(exist_ok=True)
    there = sum(path.stat().st_size + PAGE for path in before.rglob("*")) if before else 0
    _mount(place, "-t", "tmpfs", "-o", f"size={max(size, PAGE) + there}", "tmpfs")
    try:
        if before:
            shutil.copytree(before, place, dirs_exist_ok=True)
            _mount(place, "-o", f"remount,size={max(size, PAGE) + used(place)}")
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def _mount(place, *options):
    subprocess.run(["mount", *options, str(place)], check=True)


def free(place):
    """Bytes."""
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def used(place):
    """Bytes."""
    found = os.statvfs(place)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def fill(place):
    """Others take all room that there is on a disk."""
    with contextlib.suppress(OSError), (place / FILLER).open("ab", buffering=0) as filler:
        filler.write(b"\0" * free(place))


def ran(writer, folder, place, limit_s, filled_s=math.inf):
    """Runs a command on a disk that others fill after `filled_s`: (exit code, None for a hang; stderr; s; the least room in bytes)."""
    command = [sys.executable, *(part.replace(OUT, str(place)) for part in writer.command.split())]
    least, begun = free(place), time.monotonic()
    with tempfile.TemporaryFile("w+") as errors:
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=errors) as process:
            while process.poll() is None and time.monotonic() - begun < limit_s:
                time.sleep(0.005)
                least = min(least, free(place))
                if time.monotonic() - begun >= filled_s and free(place):
                    fill(place)
            code = process.poll()
            process.kill()
        errors.seek(0)
        return code, errors.read(), time.monotonic() - begun, least


def lines_of(said):
    """What was said on stderr, without numbers, which differ from run to run."""
    return collections.Counter(re.sub(r"\d+", "0", line) for line in said.splitlines() if line.strip())


def judged(writer, code, said, expected, left, names):
    """(verdict, words) of a run.

    Args:
        writer, code, said: what was run, how it ended, and its stderr.
        expected: (exit code, stderr, names of files) of an undisturbed run.
        left: words for every file that is not whole.
        names: of the files that are there.
    """
    more = lines_of(said) - lines_of(expected[1])
    last = (said.strip().splitlines() or [""])[-1]
    if code is None:
        return "hang", last
    if code < 0:
        return "signal", f"{signal.Signals(-code).name} {last}"
    if "Traceback" in said or "Exception ignored" in said:
        return "traceback", last
    if left:
        return "half a file", "; ".join(left)
    lacks = collections.Counter(expected[2]) - collections.Counter(names)
    lacks_little = all(re.fullmatch(writer.may_lack, name) for name in lacks)
    if code == expected[0] and (lacks_little or writer.goes_on):
        return ("went on" if lacks or more else "fitted"), last
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    if code == 2 and len(errors) == 1 and more.total() == 1:
        return "refused", last
    return "not one line", f"exit code {code}, {more.total()} lines: {said.strip()[-300:]!r}"


def tried(writer, folder, place):
    """Runs a command on all disks: dict for the table, and a list of (case, verdict, words)."""
    before = folder / writer.before if writer.before else None
    known = full_disk_files.faults_in(before) if before else []  # such as the lock of a run that was killed

    def left():
        return [words for words in full_disk_files.faults_in(place) if words not in known]

    with disk(place, LARGE, before):
        room = free(place)
        code, said, seconds, least = ran(writer, folder, place, 600)
        expected, takes = (code, said, full_disk_files.names_in(place)), room - least
        if code not in (0, 1) or left():
            sys.exit(f"error: expected {writer.name} to work, received {code}, {left()}: {said[-2000:]}")
    limit_s, found = LIMIT_S + LIMIT_TIMES * seconds, []
    for case, share, filled_s in cases_of(writer, takes, seconds):
        with disk(place, int(share * takes), before):
            if case == READ_ONLY:
                _mount(place, "-o", "remount,ro")
            elif not share:
                fill(place)
            code, said, _, _ = ran(writer, folder, place, limit_s, filled_s)
            if (place / FILLER).exists():
                (place / FILLER).unlink()
            verdict, words = judged(writer, code, said, expected, left(), full_disk_files.names_in(place))
        found.append((case, verdict, words))
        bench.say(f"{writer.name}, {case}: {verdict}: {words:.400}")
    return {"writer": writer.name, "takes": takes}, found


def cases_of(writer, takes, seconds):
    """What a command is tried on: (words, room as a share of the bytes it takes, s after which others fill the disk)."""
    rooms = ROOMS_HEAVY if writer.heavy else ROOMS
    return [
        *((f"{share:.0%} of {takes} bytes", share, math.inf) for share in rooms),
        *((f"filled after {share:.0%} of {seconds:.1f} s", ROOMY, share * seconds) for share in FILLED),
        (READ_ONLY, ROOMY, math.inf),
    ]


def arguments(parser):
    """The script's options."""
    parser.add_argument(
        "--only", nargs="+", choices=BY_NAME, default=list(BY_NAME), metavar="WRITER", help=", ".join(BY_NAME)
    )
    parser.add_argument(
        "--jobs", type=bench.positive, default=os.cpu_count(), metavar="N", help="at the same time"
    )
    parser.add_argument(
        "--inputs", type=pathlib.Path, metavar="DIR", help="keep the inputs here, for the next time"
    )


def measure(options):
    """Runs all: {"writers": [{"writer", "takes", and how many of each verdict}, ...], "missed": names}."""
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--user", "--map-root-user", "--mount", sys.executable, *sys.argv])
    writers, rows = [BY_NAME[name] for name in options.only], []
    with tempfile.TemporaryDirectory(prefix="full-disk-") as scratch:
        places = pathlib.Path(scratch)
        folder = made(
            options.inputs or places / "inputs", {name for writer in writers for name in writer.needs}
        )
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            jobs = [
                pool.submit(tried, writer, folder, places / f"disk-{i}") for i, writer in enumerate(writers)
            ]
            for job in jobs:
                row, found = job.result()
                counts = collections.Counter(verdict for _, verdict, _ in found)
                rows.append(
                    {**row, "cases": len(found), **{verdict: counts[verdict] for verdict in VERDICTS}}
                )
                rows[-1]["found"] = found
    return {"writers": rows, "missed": [row["writer"] for row in rows if any(row[fault] for fault in FAULTS)]}


def markdown(result):
    """The table by writer."""
    columns = {
        "writer": bench.text("writer"),
        "takes, kB": bench.number("takes", 0, 1e-3),
        "cases": bench.number("cases", 0),
    }
    return bench.table(result["writers"], columns | {name: bench.number(name, 0) for name in VERDICTS})


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
