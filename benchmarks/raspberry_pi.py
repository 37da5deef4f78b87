"""A Raspberry Pi without a Pi: the edge on Debian for 64-bit ARM, emulated, beside this machine. Same answers or not.

    sudo apt-get install qemu-user-static debootstrap
    sudo python benchmarks/raspberry_pi.py --data PATH --json pi.json     # 1.4 GB and 1 hour on 2 idle cores; resumes
    python benchmarks/raspberry_pi.py --pairs 10 --system pi5             # no data: the simulated camera's digits

Pi 4 is Debian Bookworm, Python 3.11 and a Cortex-A72; Pi 5 is Debian Trixie, Python 3.13 and a Cortex-A76, for which
LiteRT and OpenCV take other kernels. Packages and wheels are those that a Pi's own `apt` and `pip` would fetch; Raspberry
Pi OS itself, its kernel, cameras and display are not there. Nothing is timed: emulated times say nothing about a Pi.

Pairs are (reference, frame): photos of Caltech-101's test classes and of Grocery Store's test pictures, half of them of
one class. Both machines get the same files. "One rounding" is this machine against itself, every value of the frame
moved to the next float32. Thetas lie on a grid before areas are cut out of the frame (`matcher.THETA_STEP`): without it their
last bits, 3e-7 apart, made some tens of an area's 150,528 8-bit values a step off, and an int8 model, which rounds between any
two layers, turned that into cosines of 0.999.

Exit code 1 if a target is missed: cosine at least 0.9999, theta within 0.002, every decision the same unless both
distances lie within 1 % of the threshold, equal inputs.
"""

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys

import bench
import numpy as np
import photo_sets
import raspberry_pi_root
from raspberry_pi_agreement import MAX_THETA, compare, compare_demo, missed
from raspberry_pi_root import SYSTEMS

from edge_demo.camera import sim
from edge_demo.model.metadata import read as read_metadata
from edge_demo.model.shipped import SHIPPED_MODEL
from getnet_tf.errors import InputError
from getnet_tf.training.run_folder import write_text

CHECKOUT = pathlib.Path(__file__).resolve().parents[1]
RUNNER = pathlib.Path(__file__).with_name("raspberry_pi_runner.py")
SEED = 1000
DEMO_REFERENCES, DEMO_FRAMES = 2, 4
SIMULATED_CAMERAS = 10
FRAMES_APART = (
    24  # of the simulated camera: the digit has moved, and every fifth such frame shows the other one
)


@dataclasses.dataclass(frozen=True)
class Machine:
    """Something that runs Python."""

    name: str
    argv: tuple[str, ...]
    environment: dict


def draw_pairs(labels, count, rng):
    """Places of (reference, frame), `count` of them, that show the same class in turns; (count, 2) int."""
    pairs = []
    for number in range(count):
        reference = rng.integers(len(labels))
        alike = labels == labels[reference]
        alike = alike & (np.arange(len(labels)) != reference) if number % 2 == 0 else ~alike
        pairs.append((reference, rng.choice(np.flatnonzero(alike))))
    return np.array(pairs)


def photo_pairs(data, count):
    """Paths of (reference, frame): photos that the shipped model has not seen."""
    photos = photo_sets.together(photo_sets.caltech(data, 0), photo_sets.grocery(data))["test"]
    pairs = draw_pairs(photos.labels, count, np.random.default_rng(SEED))
    return [(os.path.abspath(photos.paths[i]), os.path.abspath(photos.paths[j])) for i, j in pairs]


def simulated_pairs(folder, count):
    """Paths of (reference, frame): what `edge_demo --source sim` shows, written to a folder."""
    import cv2

    pairs = []
    for number in range(count):
        seed, index = number % SIMULATED_CAMERAS, number // SIMULATED_CAMERAS * FRAMES_APART
        camera = sim.SimCamera(seed)
        reference, frame = folder / f"reference{seed}.png", folder / f"frame{seed}-{index}.png"
        cv2.imwrite(str(reference), sim.reference_picture(camera.target, seed))
        cv2.imwrite(str(frame), camera.frame(index))
        pairs.append((str(reference), str(frame)))
    return pairs


def measured(machine, model, pairs, folder, *options):
    """The runner's numbers: dict of arrays, `versions`, and `peak_mb` of the process."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "pairs.json", json.dumps(pairs))
    result = folder / "result.npz"
    arguments = [str(RUNNER), str(model), str(folder / "pairs.json"), str(result), *options]
    call(machine, arguments, folder / "log.txt")
    with np.load(result) as arrays:
        found = dict(arrays)
    versions = json.loads(str(found.pop("circumstances")))["versions"]
    return {**found, "versions": versions, "peak_mb": int(found.pop("peak_kb")) * 1024 / 1e6}


def demonstrated(machine, model, pairs, folder):
    """`python -m edge_demo --headless` on a folder of frames: its lines, and `peak_mb` of the process."""
    shutil.rmtree(folder, ignore_errors=True)
    frames = folder / "frames"
    frames.mkdir(parents=True)
    references = []
    for number, (reference, frame) in enumerate(pairs[:DEMO_FRAMES]):
        shutil.copy(frame, frames / f"{number}{pathlib.Path(frame).suffix}")
        if number < DEMO_REFERENCES:
            references.append(folder / f"reference{number}{pathlib.Path(reference).suffix}")
            shutil.copy(reference, references[-1])
    out = folder / "out"
    arguments = ["-m", "edge_demo", "--model", model, "--reference", *references, "--source", frames]
    peak_mb = call(machine, [*map(str, arguments), "--headless", "--out", str(out)], folder / "log.txt")
    lines = [json.loads(line) for line in (out / "frames.jsonl").read_text().splitlines()]
    return {"lines": lines, "peak_mb": peak_mb}


def call(machine, arguments, log):
    """Runs Python; returns the most memory that the process had resident, in millions of bytes, emulator included.

    Raises:
        InputError: if it fails, with its last line.
    """
    with open(log, "w") as file:
        command = [*machine.argv, *arguments]
        process = subprocess.Popen(
            command, env=machine.environment, cwd=log.parent, stdout=file, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        lines = log.read_text(errors="replace").strip().splitlines() or ["no message"]
        raise InputError(f"{machine.name} ended with {process.returncode}: {lines[-1]} (see {log})")
    return usage.ru_maxrss * 1024 / 1e6


def pairs_for(options, work):
    """Paths of (reference, frame), of the data or of the simulated camera."""
    if options.data:
        return photo_pairs(options.data, options.pairs)
    (work / "pictures").mkdir(exist_ok=True)
    return simulated_pairs(work / "pictures", options.pairs)


def machines_of(roots):
    """This machine and the emulated ones: dict of `Machine`."""
    machines = {"here": Machine("this machine", (sys.executable,), {"PYTHONPATH": str(CHECKOUT)})}
    for name, root in roots.items():
        raspberry_pi_root.copy_edge(root, CHECKOUT / "edge_demo")
        argv, environment = raspberry_pi_root.command(SYSTEMS[name], root)
        machines[name] = Machine(SYSTEMS[name].name, tuple(argv), environment)
    return machines


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/ and grocery/; without it, the simulated camera", required=False)
    parser.add_argument(
        "--model", type=pathlib.Path, default=SHIPPED_MODEL, metavar="FILE", help="a .tflite file"
    )
    bench.add_count(parser, 200, "of reference and frame", "--pairs")
    parser.add_argument("--system", nargs="+", choices=SYSTEMS, default=list(SYSTEMS), help="which to run")
    work = pathlib.Path("runs/raspberry-pi")
    parser.add_argument("--work", type=pathlib.Path, default=work, metavar="DIR", help="keeps the systems")
    parser.add_argument("--without-xnnpack", action="store_true", help="LiteRT's own kernels on all machines")


def measure(options):
    """Builds what is missing, runs, compares."""
    raspberry_pi_root.require_tools()
    if options.pairs < DEMO_FRAMES:
        raise InputError(f"Invalid --pairs. Expected at least {DEMO_FRAMES}. Received: {options.pairs}.")
    model, work = options.model.resolve(), options.work.resolve()
    threshold = read_metadata(model).threshold
    work.mkdir(parents=True, exist_ok=True)
    pairs = pairs_for(options, work)
    roots = {name: raspberry_pi_root.build(SYSTEMS[name], work) for name in options.system}
    machines = machines_of(roots)
    flags = ["--without-xnnpack"] if options.without_xnnpack else []

    def results(name):
        bench.say(f"{machines[name].name}: {len(pairs)} pairs; progress in {work / name / 'log.txt'}")
        demo = demonstrated(machines[name], model, pairs, work / f"{name}-demo")
        return measured(machines[name], model, pairs, work / name, *flags), demo

    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = dict(zip(machines, pool.map(results, machines), strict=True))
    nudged = measured(machines["here"], model, pairs, work / "nudged", "--nudge", *flags)

    here, demo = found.pop("here")
    report = {
        "model": options.model.name,
        "threshold": threshold,
        "options": flags,
        "pictures": [[pathlib.Path(path).name for path in pair] for pair in pairs],
        "here": {"versions": here["versions"], "peak_mb": here["peak_mb"], "demo_peak_mb": demo["peak_mb"]},
        "one_rounding": compare(here, nudged, threshold),
        "systems": {},
        "missed": [],
    }
    for name, (there, there_demo) in found.items():
        agreement = compare(here, there, threshold)
        report["systems"][SYSTEMS[name].name] = {
            "cpu": SYSTEMS[name].cpu,
            "versions": there["versions"],
            **agreement,
            "missed": missed(agreement),
            "demo": compare_demo(demo, there_demo),
            "wheels_mb": raspberry_pi_root.megabytes(roots[name] / raspberry_pi_root.WHEELS),
            "root_mb": raspberry_pi_root.megabytes(roots[name]),
            "peak_mb": there["peak_mb"],
            "demo_peak_mb": there_demo["peak_mb"],
        }
        report["missed"] += missed(agreement)
    return report


BOTH = {  # what is said of every system, and of this machine after one rounding
    "pairs": bench.text("pairs"),
    "inputs equal to the bit": lambda one: "yes" if one["inputs_equal"] else "**no**",
    "cosine of references, least": bench.number("reference_cosine", 7),
    "cosine of frames, least": bench.number("frame_cosine", 5),
    "cosine of frames, median": bench.number("median_frame_cosine", 5),
    "theta, greatest difference": lambda one: f"{one['theta']:.2g}",
    f"pairs with theta off by more than {MAX_THETA}": lambda one: f"{len(one['moved'])}",
    "of all others, theta, greatest difference": lambda one: f"{one['placed_theta']:.2g}",
    "of all others, cosine of frames, least": bench.number("placed_cosine", 5),
    "distance, greatest difference": bench.number("distance", 4),
    "decisions that differ": lambda one: f"{len(one['decisions_differ'])}",
    "of these beyond 1 % of the threshold": lambda one: (
        f"{sum(not item['near'] for item in one['decisions_differ'])}"
    ),
}
EACH = {  # of every system alone
    "edge_demo --headless, frames (here / there)": lambda one: " / ".join(map(str, one["demo"]["frames"])),
    "matches (here / there)": lambda one: " / ".join(map(str, one["demo"]["matches"])),
    "boxes, greatest difference, px": bench.of("demo", bench.number("box_px", 2)),
    "wheels, MB": bench.number("wheels_mb", 0),
    "whole system, MB": bench.number("root_mb", 0),
    "targets missed": lambda one: ", ".join(one["missed"]) or "none",
}
MEMORY = {
    "peak memory of the pairs, MB": bench.number("peak_mb", 0),
    "of edge_demo, MB": bench.number("demo_peak_mb", 0),
}


def markdown(report):
    """A column for every system, and one for this machine."""
    systems, here, rounding = report["systems"], report["here"], report["one_rounding"]

    def row(name, cell, last):
        return {"what": name, "last": last, **{key: cell(one) for key, one in systems.items()}}

    rows = [row("processor", lambda one: f"{one['cpu']}, emulated", here["versions"]["machine"])]
    for name, version in here["versions"].items():
        if name != "machine":
            rows.append(row(name, lambda one, name=name: one["versions"][name], version))
    for name, cell in BOTH.items():
        rows.append(row(name, cell, "-" if name.startswith("inputs") else cell(rounding)))
    rows += [row(name, cell, "-") for name, cell in EACH.items()]
    rows += [row(name, cell, cell(here)) for name, cell in MEMORY.items()]
    columns = {"": bench.text("what"), **{name: bench.text(name) for name in systems}}
    lines = [bench.table(rows, {**columns, "this machine; one rounding": bench.text("last")})]
    for name, system in systems.items():
        for item in system["decisions_differ"]:
            where = "within" if item["near"] else "beyond"
            lines.append(
                f"{name}, pair {item['pair']}: distance {item['here']:.4f} here, {item['there']:.4f} there, "
                f"{where} 1 % of the threshold {report['threshold']:.4f}"
            )
    lines.append(
        "Memory is the most that the process had resident; emulated, with the emulator and its translated code. "
        "No time was taken on a Raspberry Pi, and emulated ones would say nothing about it."
    )
    return "\n\n".join(lines)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
