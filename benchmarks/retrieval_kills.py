"""Does a killed `python -m getnet_tf.retrieval index` go on where it was? SIGKILL at random moments, then the same command again.

    python benchmarks/retrieval_kills.py --data PATH --model code.tflite        # 20 kills: 5 minutes

An undisturbed run says what every file must be. A kill comes at a random line of the journal, or a little later, so that some meet the
making of the index. The command is repeated, and all files must equal those of the undisturbed run, to the byte.
"""

import pathlib
import random
import subprocess
import sys
import tempfile
import time

import bench
from autolabel_kills import finish, lines_of
from many_photos import write_photos

PAUSE_S = 0.001
LATER = 0.03  # of the time of a run, at most, from the line to the kill


def files_of(out):
    """All files: dict of name -> bytes."""
    return {path.name: path.read_bytes() for path in out.iterdir()}


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/")
    parser.add_argument(
        "--model", type=pathlib.Path, required=True, metavar="FILE", help="a .tflite with codes"
    )
    bench.add_count(parser, 60, "in a run", "--photos")
    bench.add_count(parser, 20, "of runs", "--kills")
    parser.add_argument(
        "--scratch", type=pathlib.Path, metavar="DIR", help="where to work; default: the system's"
    )
    bench.add_seed(parser)


def measure(options):
    """A row for each kill; `missed` are those after which a run ended otherwise."""
    rng, rows = random.Random(options.seed), []
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        folder = pathlib.Path(folder)
        photos, _ = write_photos(options.data, folder, options.photos)
        (photos / "broken.jpg").write_bytes(b"\xff\xd8 cut")

        def command(out):
            line = [sys.executable, "-m", "getnet_tf.retrieval", "index", photos, "--out", out]
            return [*map(str, line), "--model", str(options.model), "--head", "gem", "--regions"]

        begun = time.perf_counter()
        finish(command(folder / "undisturbed"))
        whole_s, expected = time.perf_counter() - begun, files_of(folder / "undisturbed")
        for number in range(options.kills):
            out = folder / f"out-{number}"
            at, wait_s = rng.randrange(options.photos + 2), rng.uniform(0, LATER * whole_s)
            line = command(out)
            with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                while lines_of(out) < at and process.poll() is None:
                    time.sleep(PAUSE_S)
                time.sleep(wait_s)
                process.kill()
            there = sorted(path.name for path in out.iterdir()) if out.exists() else []
            row = {"kill": number + 1, "done": lines_of(out), "there": there}
            finish(line)
            rows.append({**row, "equal": files_of(out) == expected})
            said = "equal" if rows[-1]["equal"] else "NOT EQUAL"
            bench.say(f"kill {number + 1}: after {row['done']} pictures, {said}")
    missed = [f"kill {row['kill']}" for row in rows if not row["equal"]]
    return {"photos": options.photos, "files": sorted(expected), "kills": rows, "missed": missed}


def markdown(result):
    """A row for each kill."""
    columns = {
        "kill": bench.text("kill"),
        "pictures done": bench.text("done"),
        "what was there": lambda row: ", ".join(row["there"]) or "nothing",
        "equal": lambda row: "yes" if row["equal"] else "NO",
    }
    total = len(result["kills"])
    return (
        f"{bench.table(result['kills'], columns)}\n\n"
        f"{total - len(result['missed'])} of {total} resumed runs ended equal to the undisturbed one, in {', '.join(result['files'])}."
    )


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
