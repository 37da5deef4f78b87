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

import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import photo_sets
import raspberry_pi_root
from raspberry_pi_root import SYSTEMS

from edge_demo.__main__ import SHIPPED_MODEL
from edge_demo.camera import sim
from edge_demo.model.metadata import read as read_metadata
from getnet_tf.errors import InputError, report_errors
from getnet_tf.training.run_folder import write_text

CHECKOUT = pathlib.Path(__file__).resolve().parents[1]
RUNNER = pathlib.Path(__file__).with_name("raspberry_pi_runner.py")
SEED = 1000
MIN_COSINE, MAX_THETA, NEAR_THRESHOLD = 0.9999, 0.002, 0.01
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


def compare(here, there, threshold):
    """How far two machines' results for the same pairs are apart.

    Args:
        here, there: dicts of arrays, as `raspberry_pi_runner.measure` returns them.
        threshold: of the model.

    Returns:
        dict: `pairs`; `reference_cosine` and `frame_cosine`, the least, and `median_frame_cosine`; `theta`, the
        greatest difference, and `moved`, the pairs beyond the target, where another place was chosen; `placed_theta` and
        `placed_cosine`, the same of all others; `inputs_equal`; `decisions_differ`, a list of dicts with `pair`, both
        distances and whether both are `near` the threshold.
    """
    cosines = _cosines(here["embedding"], there["embedding"])
    theta = np.abs(here["theta"] - there["theta"]).max(axis=1, initial=0.0)
    placed = theta <= MAX_THETA
    both = np.stack([here["distance"], there["distance"]], axis=1)
    near = (np.abs(both - threshold) <= NEAR_THRESHOLD * threshold).all(axis=1)
    differ = np.flatnonzero((both[:, 0] <= threshold) != (both[:, 1] <= threshold))
    return {
        "pairs": len(both),
        "inputs_equal": bool(
            all((here[name] == there[name]).all() for name in ("reference_input", "frame_input"))
        ),
        "reference_cosine": float(_cosines(here["reference_embedding"], there["reference_embedding"]).min()),
        "frame_cosine": float(cosines.min()),
        "median_frame_cosine": float(np.median(cosines)),
        "theta": float(theta.max()),
        "moved": np.flatnonzero(~placed).tolist(),
        "placed_theta": float(theta[placed].max(initial=0.0)),
        "placed_cosine": float(cosines[placed].min(initial=1.0)),
        "distance": float(np.abs(both[:, 0] - both[:, 1]).max()),
        "decisions_differ": [
            {"pair": int(i), "here": float(both[i, 0]), "there": float(both[i, 1]), "near": bool(near[i])}
            for i in differ
        ],
    }


def _cosines(vectors0, vectors1):
    """Of rows (N, E), in double precision: float32 could not tell 0.9999999 from 1."""
    vectors0, vectors1 = vectors0.astype(np.float64), vectors1.astype(np.float64)
    lengths = np.linalg.norm(vectors0, axis=1) * np.linalg.norm(vectors1, axis=1)
    return (vectors0 * vectors1).sum(axis=1) / lengths


def missed(agreement):
    """Names of the targets that a comparison misses."""
    targets = {
        "equal inputs": agreement["inputs_equal"],
        "cosine of references": agreement["reference_cosine"] >= MIN_COSINE,
        "cosine of frames": agreement["frame_cosine"] >= MIN_COSINE,
        "theta": agreement["theta"] <= MAX_THETA,
        "decisions": all(item["near"] for item in agreement["decisions_differ"]),
    }
    return [name for name, met in targets.items() if not met]


def compare_demo(here, there):
    """Frames, matches and boxes of two headless runs over the same pictures."""
    objects = [[item for line in run["lines"] for item in line["objects"]] for run in (here, there)]
    # Of what both looked at: what is not there at first sight has no box.
    boxes = [(a["box_px"], b["box_px"]) for a, b in zip(*objects, strict=True) if a["box_px"] and b["box_px"]]
    return {
        "frames": [len(here["lines"]), len(there["lines"])],
        "matches": [sum(item["match"] for item in items) for items in objects],
        "same_decisions": [item["match"] for item in objects[0]] == [item["match"] for item in objects[1]],
        "box_px": max((float(np.abs(np.subtract(*pair)).max()) for pair in boxes), default=0.0),
    }


def run(options):
    """Builds what is missing, runs, compares, prints; returns the exit code."""
    raspberry_pi_root.require_tools()
    if options.json and not options.json.absolute().parent.is_dir():
        raise InputError(f"No such folder: {options.json.parent}. Make it, or give another --json.")
    if options.pairs < DEMO_FRAMES:
        raise InputError(f"Invalid --pairs. Expected at least {DEMO_FRAMES}. Received: {options.pairs}.")
    model, work = options.model.resolve(), options.work.resolve()
    threshold = read_metadata(model).threshold
    work.mkdir(parents=True, exist_ok=True)
    if options.data:
        pairs = photo_pairs(options.data, options.pairs)
    else:
        (work / "pictures").mkdir(exist_ok=True)
        pairs = simulated_pairs(work / "pictures", options.pairs)
    roots = {name: raspberry_pi_root.build(SYSTEMS[name], work) for name in options.system}

    machines = {"here": Machine("this machine", (sys.executable,), {"PYTHONPATH": str(CHECKOUT)})}
    for name, root in roots.items():
        raspberry_pi_root.copy_edge(root, CHECKOUT / "edge_demo")
        argv, environment = raspberry_pi_root.command(SYSTEMS[name], root)
        machines[name] = Machine(SYSTEMS[name].name, tuple(argv), environment)
    flags = ["--without-xnnpack"] if options.without_xnnpack else []

    def results(name):
        print(
            f"{machines[name].name}: {len(pairs)} pairs; progress in {work / name / 'log.txt'}",
            file=sys.stderr,
        )
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
    print(table(report))
    if options.json:
        write_text(options.json, json.dumps(report, indent=1) + "\n")
    return int(any(system["missed"] for system in report["systems"].values()))


def table(report):
    """The report as Markdown."""
    systems, here = report["systems"], report["here"]
    columns = [*systems.values(), report["one_rounding"]]
    rows = [
        (
            "processor",
            [f"{system['cpu']}, emulated" for system in systems.values()],
            here["versions"]["machine"],
        )
    ]
    for name in [name for name in here["versions"] if name != "machine"]:
        rows.append((name, [system["versions"][name] for system in systems.values()], here["versions"][name]))
    both = (
        ("pairs", lambda one: f"{one['pairs']}"),
        ("inputs equal to the bit", lambda one: "yes" if one["inputs_equal"] else "**no**"),
        ("cosine of references, least", lambda one: f"{one['reference_cosine']:.7f}"),
        ("cosine of frames, least", lambda one: f"{one['frame_cosine']:.5f}"),
        ("cosine of frames, median", lambda one: f"{one['median_frame_cosine']:.5f}"),
        ("theta, greatest difference", lambda one: f"{one['theta']:.2g}"),
        (f"pairs with theta off by more than {MAX_THETA}", lambda one: f"{len(one['moved'])}"),
        ("of all others, theta, greatest difference", lambda one: f"{one['placed_theta']:.2g}"),
        ("of all others, cosine of frames, least", lambda one: f"{one['placed_cosine']:.5f}"),
        ("distance, greatest difference", lambda one: f"{one['distance']:.4f}"),
        ("decisions that differ", lambda one: f"{len(one['decisions_differ'])}"),
        (
            "of these beyond 1 % of the threshold",
            lambda one: f"{sum(not item['near'] for item in one['decisions_differ'])}",
        ),
    )
    for name, text in both:
        cells = [text(one) for one in columns]
        rows.append((name, cells[:-1], "-" if name.startswith("inputs") else cells[-1]))
    alone = (
        (
            "edge_demo --headless, frames (here / there)",
            lambda one: " / ".join(map(str, one["demo"]["frames"])),
        ),
        ("matches (here / there)", lambda one: " / ".join(map(str, one["demo"]["matches"]))),
        ("boxes, greatest difference, px", lambda one: f"{one['demo']['box_px']:.2f}"),
        ("wheels, MB", lambda one: f"{one['wheels_mb']:.0f}"),
        ("whole system, MB", lambda one: f"{one['root_mb']:.0f}"),
    )
    for name, text in alone:
        rows.append((name, [text(one) for one in systems.values()], "-"))
    for name, key in (("peak memory of the pairs, MB", "peak_mb"), ("of edge_demo, MB", "demo_peak_mb")):
        rows.append((name, [f"{system[key]:.0f}" for system in systems.values()], f"{here[key]:.0f}"))
    rows.append(
        ("targets missed", [", ".join(system["missed"]) or "none" for system in systems.values()], "-")
    )
    lines = [f"| | {' | '.join(systems)} | this machine; one rounding |", "|---" * (len(systems) + 2) + "|"]
    lines += [f"| {name} | {' | '.join(cells)} | {last} |" for name, cells, last in rows]
    for name, system in systems.items():
        for item in system["decisions_differ"]:
            where = "within" if item["near"] else "beyond"
            lines.append(
                f"\n{name}, pair {item['pair']}: distance {item['here']:.4f} here, {item['there']:.4f} there, "
                f"{where} 1 % of the threshold {report['threshold']:.4f}"
            )
    lines.append(
        "\nMemory is the most that the process had resident; emulated, with the emulator and its translated code. "
        "No time was taken on a Raspberry Pi, and emulated ones would say nothing about it."
    )
    return "\n".join(lines)


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", metavar="DIR", help="holds caltech101/ and grocery/; without it, the simulated camera")
    add("--model", type=pathlib.Path, default=SHIPPED_MODEL, metavar="FILE", help="a .tflite file")
    add("--pairs", type=int, default=200, metavar="N", help="of reference and frame")
    add("--system", nargs="+", choices=SYSTEMS, default=list(SYSTEMS), help="which to run")
    add("--work", type=pathlib.Path, default="runs/raspberry-pi", metavar="DIR", help="keeps the systems")
    add("--without-xnnpack", action="store_true", help="LiteRT's own kernels on all machines")
    add("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
