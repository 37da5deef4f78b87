"""Does a killed `getnet_tf.autolabel` go on where it was? SIGKILL at random moments, then the same command again.

    python benchmarks/autolabel_kills.py --data PATH                # 20 kills while it labels, 10 while it writes: 5 minutes

It labels by kinds, which is the quickest. An undisturbed run says what the files must be. Then every kill meets a run of its own, with one process or two: most at a
random moment between the first and the last label, the others while the formats are written. What is killed is the process
that was begun, alone; those that it began must end by themselves. The command is repeated, and all files but the journal
must equal those of the undisturbed run, to the byte.
"""

import functools
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import bench
from many_photos import write_photos

from getnet_tf.errors import InputError

PARTIAL = ".partial"  # where `formats.write` works
PAUSE_S = 0.002
ORPHANS_S = 20.0  # that the processes of a killed run have to end


def finish(line):
    """Runs a command to its end.

    Raises:
        InputError: if it fails.
    """
    finished = subprocess.run(line, capture_output=True, text=True)
    if finished.returncode not in (0, 1):
        raise InputError(
            f"{' '.join(line)} ended with {finished.returncode}: {finished.stderr[-300:].strip()}"
        )


def killed(line, begun, wait_s):
    """Kills a run `wait_s` after `begun()` became true.

    Returns:
        how many of its processes live on, and whether it had ended before it began that.
    """
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not begun() and process.poll() is None:
            time.sleep(PAUSE_S)
        ended = process.poll() is not None
        time.sleep(wait_s)
        processes = children_of(process.pid)
        process.kill()
    until = time.monotonic() + ORPHANS_S
    while any(map(lives, processes)) and time.monotonic() < until:
        time.sleep(PAUSE_S)
    return sum(map(lives, processes)), ended


def timed_writing(line, out):
    """Seconds that a run has its formats half-written."""
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not (out / PARTIAL).exists() and process.poll() is None:
            time.sleep(PAUSE_S)
        start = time.perf_counter()
        while (out / PARTIAL).exists() and process.poll() is None:
            time.sleep(PAUSE_S)
        return time.perf_counter() - start


def has_lines(out, lines):
    """Whether a run has done so many pictures."""
    return lines_of(out) >= lines


def lines_of(out):
    """Pictures in a run's journal."""
    try:
        return max(0, (out / "journal.jsonl").read_bytes().count(b"\n") - 1)
    except FileNotFoundError:
        return 0


def files_of(out):
    """All files but the journal: dict of path -> bytes."""
    found = (path for path in out.rglob("*") if path.is_file() and path.name != "journal.jsonl")
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in found}


def children_of(pid):
    """The processes that a process began, and those that they began."""
    try:
        own = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [int(child) for child in own] + [below for child in own for below in children_of(int(child))]


def lives(pid):
    """Whether a process is there, and not only waiting to be collected."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/")
    bench.add_count(parser, 200, "in a run", "--photos")
    parser.add_argument("--kills", type=int, default=20, metavar="N", help="while it labels")
    parser.add_argument(
        "--kills-writing", type=int, default=10, metavar="N", help="while it writes the formats"
    )
    parser.add_argument(
        "--scratch", type=pathlib.Path, metavar="DIR", help="where to work; default: the system's"
    )
    bench.add_seed(parser)


def measure(options):
    """A row for each kill; `missed` are those after which a run ended otherwise."""
    if options.photos < 2:
        raise InputError("Invalid --photos. Expected 2 or more, to be killed between. Received: 1.")
    rng, rows = random.Random(options.seed), []
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        folder = pathlib.Path(folder)
        photos, reference = write_photos(options.data, folder, options.photos)

        def command(out, processes):
            line = [
                sys.executable,
                "-m",
                "getnet_tf.autolabel",
                photos,
                "--reference",
                reference,
                "--kinds",
                "--out",
                out,
            ]
            return [*map(str, line), "--processes", str(processes)]

        finish(command(folder / "undisturbed", 2))
        expected = files_of(folder / "undisturbed")
        writing_s = timed_writing(command(folder / "timed", 1), folder / "timed")
        for kill in range(options.kills + options.kills_writing):
            out, processes = folder / f"out-{kill}", 1 + kill % 2
            if kill < options.kills:
                begun, wait_s = functools.partial(has_lines, out, rng.randrange(1, options.photos)), 0.0
            else:
                begun, wait_s = (out / PARTIAL).exists, rng.uniform(0, 1.1 * writing_s)
            orphans, ended = killed(command(out, processes), begun, wait_s)
            row = {"kill": kill + 1, "processes": processes, "done": lines_of(out), "orphans": orphans}
            row["there"] = sorted(path.name for path in out.iterdir() if path.name != "journal.jsonl")
            finish(command(out, processes))
            found = files_of(out)
            rows.append(
                {**row, "files": len(found), "equal": found == expected and not orphans and not ended}
            )
            bench.say(f"kill {kill + 1}: {'equal' if rows[-1]['equal'] else 'NOT EQUAL'}")
    missed = [f"kill {row['kill']}" for row in rows if not row["equal"]]
    return {
        "photos": options.photos,
        "files": len(expected),
        "writing_s": writing_s,
        "kills": rows,
        "missed": missed,
    }


def markdown(result):
    """A row for each kill."""
    columns = {
        "kill": bench.text("kill"),
        "processes": bench.text("processes"),
        "pictures done": bench.text("done"),
        "what was there": lambda row: ", ".join(row["there"]) or "nothing but the journal",
        "orphans": bench.text("orphans"),
        "resumed: files": bench.text("files"),
        "equal": lambda row: "yes" if row["equal"] else "NO",
    }
    total = len(result["kills"])
    return (
        f"{result['photos']} photos, {result['files']} files; writing them took {result['writing_s']:.2f} s.\n\n"
        f"{bench.table(result['kills'], columns)}\n\n"
        f"{total - len(result['missed'])} of {total} resumed runs ended equal to the undisturbed one."
    )


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
