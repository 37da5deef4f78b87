"""Does a killed training go on where it was, and is a killed export whole or not there? SIGKILL at random moments, then the same again.

    python benchmarks/training_kills.py                            # an hour on 2 cores beside other work
    python benchmarks/training_kills.py --only photos --kills 5

Small trainings on digits and on photos with a pretrained backbone, both `--deterministic`, and the export of the former to 8 bits. An
undisturbed run of each says what must come out. Then runs are killed several times each: of a training, whenever so many rows are in its
log, and up to an interval later, always after a saved state; then `--resume` goes on. In the end all weights, the log and the boxes must
equal those of the undisturbed run, to the bit. An export is killed likewise, by the lines that it prints: then a file of its name is there
whole or not at all, and the last time, when nobody kills it, it must give the same bytes.
"""

import dataclasses
import io
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable

import bench
import full_disk_writers

from getnet_tf.errors import InputError
from getnet_tf.training.run_folder import read_log

PAUSE_S = 0.002
IN_A_ROW = 5  # kills of a run, at most
DIGITS = "--data few.npz --pairs 1024 --batch 16 --log-every 4 --preset quick"
PHOTOS = "--data photos --siamese-steps 16 --locating-steps 16 --log-every 2 --batch 4 --copies 2 --size 32 --scenes 8"
ALIKE = "--deterministic --threads 1"


@dataclasses.dataclass(frozen=True)
class Kind:
    """What is killed."""

    command: str  # of Python; OUT stands for a folder
    more: str  # what is added to go on
    done: Callable  # folder -> how many steps of it are done
    first: int  # step after which it may be killed
    late: float  # until when after a step, as a share of the time to the next
    result: Callable  # folder -> what an undisturbed run must be equal to
    damaged: Callable  # folder, what came of the undisturbed run -> words for what a kill must not leave


def rows_of(folder):
    """Rows of a training's log."""
    return len(read_log(folder)) if folder.exists() else 0


def weights_of(folder):
    """What a training made: dict of name -> bytes, of every weight, the log and the boxes."""
    import h5py

    found = {name: (folder / name).read_bytes() for name in ("log.csv", "boxes.jsonl")}
    content = zipfile.ZipFile(folder / "model.keras").read("model.weights.h5")
    with h5py.File(io.BytesIO(content)) as weights:  # not its bytes, which have times in them
        weights.visititems(lambda name, item: found.update(_values(name, item)))
    return found


def _values(name, item):
    return {name: item[()].tobytes()} if hasattr(item, "shape") else {}


def state_of(folder, _expected):
    """What is wrong with a killed training: it has saved no state."""
    return "" if any((folder / name).exists() for name in ("state.npz", "model.keras")) else "no state"


def lines_of(folder):
    """Lines that an export has printed."""
    printed = printed_in(folder)
    return printed.read_bytes().count(b"\n") if printed.exists() else 0


def printed_in(folder):
    """Where stdout goes, beside the folder."""
    return folder.with_suffix(".txt")


def file_of(folder):
    """What an export made."""
    return (folder / "a.tflite").read_bytes()


def half_of(folder, expected):
    """What is wrong with a killed export."""
    return "half a file" if (folder / "a.tflite").exists() and file_of(folder) != expected else ""


def trained(options):
    """A training."""
    command = f"-m getnet_tf.train --out OUT {options} {ALIKE}"
    return Kind(command, "--resume", rows_of, 2, 1.2, weights_of, state_of)


EXPORT = f"{full_disk_writers.ROOT}/export/to_tflite.py done --out OUT/a.tflite --steps 10"
KINDS = {
    "digits": trained(DIGITS),
    "photos": trained(PHOTOS),
    "export": Kind(EXPORT, "", lines_of, 0, 0.8, file_of, half_of),
}


def started(kind, inputs, folder, goes_on=False):
    """A process that runs a command."""
    command = f"{kind.command} {kind.more if goes_on else ''}".replace("OUT", str(folder)).split()
    with printed_in(folder).open("wb") as printed:
        streams = {"stdout": printed, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([sys.executable, *command], cwd=inputs, **streams)


def finished(kind, inputs, folder, goes_on=False):
    """Runs a command to its end: when each step was done, s from its begin, and when it ended.

    Raises:
        InputError: if it fails.
    """
    begun, times = time.monotonic(), []
    with started(kind, inputs, folder, goes_on) as process:
        while process.poll() is None:
            while len(times) < kind.done(folder):
                times.append(time.monotonic() - begun)
            time.sleep(PAUSE_S)
        if process.returncode:
            raise InputError(
                f"{kind.command} ended with {process.returncode}: {process.stderr.read()[-300:]}"
            )
    return [*times, time.monotonic() - begun]


def killed(kind, inputs, folder, target, wait_s, goes_on):
    """Kills a run `wait_s` after `target` steps, of a training that goes on one more at least, or when the next is done.

    Returns:
        whether it was in time.
    """
    least = kind.done(folder) + 1 if goes_on and kind.more else 0
    with started(kind, inputs, folder, goes_on) as process:
        while kind.done(folder) < max(target, least) and process.poll() is None:
            time.sleep(PAUSE_S)
        reached, until = kind.done(folder), time.monotonic() + wait_s
        while time.monotonic() < until and kind.done(folder) == reached and process.poll() is None:
            time.sleep(PAUSE_S)
        in_time = process.poll() is None
        process.kill()
    return in_time


def moments(kind, times, count, rng):
    """When a run is killed: `count` pairs of (steps done, s to wait then), in order.

    Args:
        kind: `Kind`.
        times: when each step of an undisturbed run was done, and when that ended.
        count: of pairs, at most as many as there are steps.
        rng: `random.Random`.
    """
    targets = sorted(rng.sample(range(kind.first, len(times)), count))
    gaps = [after - before for before, after in zip([0.0, *times], times, strict=False)]
    return [(target, rng.uniform(0, kind.late * gaps[target])) for target in targets]


def rows(name, inputs, place, kills, rng):
    """A row for each run that was killed: how often, and whether it ended as the undisturbed one."""
    kind, found = KINDS[name], []
    undisturbed = place / f"{name}-undisturbed"
    undisturbed.mkdir(parents=True)
    times = finished(kind, inputs, undisturbed)
    expected = kind.result(undisturbed)
    while (done := sum(row["kills"] for row in found)) < kills:
        folder, row = place / f"{name}-{len(found)}", {"what": name, "kills": 0, "at": [], "damaged": []}
        folder.mkdir()
        for target, wait_s in moments(kind, times, min(IN_A_ROW, kills - done), rng):
            if not killed(kind, inputs, folder, target, wait_s, bool(row["at"])):
                continue  # it came to its end before
            row["kills"] += 1
            row["at"].append(kind.done(folder))
            if said := kind.damaged(folder, expected):
                row["damaged"].append(said)
        finished(kind, inputs, folder, bool(row["at"]))
        row["equal"] = kind.result(folder) == expected and not row["damaged"]
        found.append(row)
        bench.say(
            f"{name}: killed {row['kills']} times, at {row['at']}: {'equal' if row['equal'] else 'NOT EQUAL'}"
        )
    return found


def arguments(parser):
    """What the command line knows."""
    parser.add_argument(
        "--only", nargs="+", choices=KINDS, default=list(KINDS), metavar="KIND", help=", ".join(KINDS)
    )
    bench.add_count(parser, 20, "of each", "--kills")
    parser.add_argument(
        "--inputs", type=pathlib.Path, metavar="DIR", help="keep the inputs here, for the next time"
    )
    bench.add_seed(parser)


def measure(options):
    """A row for each run; `missed` are those that ended otherwise than the undisturbed one."""
    rng, found = random.Random(options.seed), []
    with tempfile.TemporaryDirectory() as folder:
        inputs = full_disk_writers.made(
            options.inputs or pathlib.Path(folder) / "inputs", ("pictures", "digits")
        )
        for name in options.only:
            found += rows(name, inputs, pathlib.Path(folder) / "runs", options.kills, rng)
    return {"runs": found, "missed": sorted({row["what"] for row in found if not row["equal"]})}


def markdown(result):
    """A row for each run."""
    columns = {
        "what": bench.text("what"),
        "kills": bench.text("kills"),
        "steps done at each": lambda row: ", ".join(map(str, row["at"])),
        "equal": lambda row: "yes" if row["equal"] else "NO",
    }
    return bench.table(result["runs"], columns)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
