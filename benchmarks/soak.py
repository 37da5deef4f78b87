"""Does the demo run for weeks? 100,000 frames of a camera that is lost again and again, and what that leaves behind.

    make demo                                                # makes demo/model.tflite, which knows digits
    python benchmarks/soak.py                                # a quarter of an hour on 2 cores
    python benchmarks/soak.py --model edge_demo/models/getnet.tflite --frames 20000 --viewers 2      # the shipped model, and the page

The program runs as its user would start it, in a process of its own: an MJPEG camera on the network, snapshots with a limit, an
MQTT broker. The camera hangs up after every 900 pictures and stays away for 0.2 s, every tenth time for 4 s, long enough to be
reported. For 1.5 of every 4 s it shows the digit that is looked for; to the shipped model, half of the time, the film that comes with the
program, for its mug. With --viewers it serves the page, too, and so many look at it all the time. Printed are the memory and the open descriptors in the course of the run, and
whether log and broker were told of every event exactly once.
"""

import contextlib
import dataclasses
import json
import multiprocessing
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

import bench
import cv2
import numpy as np
from boxed_sets import frames_of
from tiny_broker import TinyBroker
from web import Viewer

from edge_demo.camera import sim
from edge_demo.commands import demo
from edge_demo.model.shipped import SHIPPED_MODEL
from getnet_tf.errors import InputError

PICTURES, RATE, AWAY_S, LONG_AWAY_S = (
    900,
    200,
    0.2,
    4.0,
)  # pictures a second: more than the program gets through
CYCLE_S, SHOWN_S = 4.0, 1.5
LIMIT_MB = 2  # of the snapshots: some 150, so that the oldest have to go
SIDE_PX = 240
TENTHS = 10
MOST_GROWTH = 1.0  # % of memory, after the first tenth


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run left behind."""

    code: int  # exit code
    printed: str
    complaints: str  # on stderr
    minutes: float
    memory_mb: list[float]  # once a second
    descriptors: list[int]  # that are open, likewise
    most_bytes: int  # that the folder of snapshots ever took
    lost: int  # how often the camera hung up
    logged: list[dict]  # events in the log
    told: list[dict]  # events at the broker
    pictures: set[str]  # names of the snapshots that are left


def digits():
    """Frames with the target of `sim.SimCamera(0)`, and without: {bool: [(H, W, 3) uint8]}."""
    camera, frames = sim.SimCamera(0), {True: [], False: []}
    for index in range(int(2 * sim.SECONDS_PER_DIGIT * sim.FPS)):
        small = cv2.resize(camera.frame(index), (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
        frames[camera.digit(index) == camera.target].append(small)
    return frames


def desk():
    """Frames of the film that comes with the program, and its first ones, all out of focus, where nobody knows the mug."""
    frames = list(frames_of(demo.FILM))
    return {True: frames, False: [cv2.blur(frame, (99, 99)) for frame in frames[:60]]}


def serve(port, losses, frames, shown_s):
    """A camera that shows what is looked for at times, and hangs up again and again; never returns."""
    jpegs = {
        whether: [cv2.imencode(".jpg", frame)[1].tobytes() for frame in own]
        for whether, own in frames.items()
    }
    while True:
        with socket.create_server(("127.0.0.1", port)) as server:
            connection, _ = server.accept()
        with connection:
            try:
                connection.recv(4096)
                connection.sendall(
                    b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n"
                )
                for number in range(PICTURES):
                    of_kind = jpegs[time.monotonic() % CYCLE_S < shown_s]
                    jpeg = of_kind[number % len(of_kind)]
                    head = f"--b\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                    connection.sendall(head.encode() + jpeg + b"\r\n")
                    time.sleep(1 / RATE)
            except OSError:  # the program has ended, or probed and went
                pass
        losses.value += 1
        time.sleep(LONG_AWAY_S if losses.value % 10 == 0 else AWAY_S)


def memory_mb(process):
    """Resident memory of a process, MB."""
    pages = int(pathlib.Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def descriptors_of(process):
    """How many a process has open."""
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def watched(process, folder, port, count):
    """Until the process ends: memory in MB and open descriptors, once a second, and the most that the folder ever took.

    As soon as a page is served at the port, so many look at it.
    """
    memory, descriptors, viewers, most = [], [], [], 0
    while process.poll() is None:
        if len(viewers) < count:
            with contextlib.suppress(ConnectionRefusedError):
                viewers.append(Viewer(port))
        memory.append(memory_mb(process))
        descriptors.append(descriptors_of(process))
        if folder.exists():
            most = max(most, sum(entry.stat().st_size for entry in os.scandir(folder) if entry.is_file()))
        time.sleep(1)
    return memory[:-1], descriptors[:-1], most  # the last may be of a process that is already gone


def logged(folder):
    """All events of the snapshots' logs."""
    paths = [folder / name for name in ("events-before.jsonl", "events.jsonl")]
    return [json.loads(line) for path in paths if path.exists() for line in path.read_text().splitlines()]


def _key(event):
    return event["frame"], event["event"], event["name"]


def alternate(events):
    """Whether seen and gone come in turns."""
    return all(event["event"] == ("seen", "gone")[place % 2] for place, event in enumerate(events))


def soaked(options):
    """Runs the program; returns an `Outcome`."""
    with (
        tempfile.TemporaryDirectory() as folder,
        TinyBroker() as broker,
        socket.create_server(("127.0.0.1", 0)) as free,
        socket.create_server(("127.0.0.1", 0)) as free_too,
    ):
        folder, port, page = pathlib.Path(folder), free.getsockname()[1], free_too.getsockname()[1]
        free.close()
        free_too.close()
        losses = multiprocessing.Value("i", 0)
        reference = folder / "digit.png"
        cv2.imwrite(str(reference), sim.reference_picture(sim.SimCamera(0).target, 0))
        arguments = port, losses, digits(), SHOWN_S
        if options.model.samefile(SHIPPED_MODEL):
            reference, arguments = demo.REFERENCE, (port, losses, desk(), CYCLE_S / 2)
        camera = multiprocessing.Process(target=serve, args=arguments, daemon=True)
        camera.start()
        argv = ["--model", options.model, "--reference", reference]
        argv += ["--web", f"127.0.0.1:{page}"] if options.viewers else ["--headless"]
        argv += ["--source", f"http://127.0.0.1:{port}/", "--max-frames", options.frames]
        argv += [
            "--snapshots",
            folder / "seen",
            "--limit",
            LIMIT_MB,
            "--mqtt",
            f"mqtt://127.0.0.1:{broker.port}/soak",
        ]
        if options.record:
            argv += ["--out", folder / "out"]
        time.sleep(2)  # the camera draws its pictures first
        begun = time.monotonic()
        command = [sys.executable, "-m", "edge_demo", *map(str, argv)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        memory, descriptors, most_bytes = watched(process, folder / "seen", page, options.viewers)
        printed, complaints = process.communicate()
        minutes = (time.monotonic() - begun) / 60
        camera.terminate()
        told = [json.loads(message.text) for message in broker.messages if message.topic.endswith("/event")]
        pictures = {path.name for path in (folder / "seen").glob("*.jpg")}
        return Outcome(
            process.returncode,
            printed.strip(),
            complaints,
            minutes,
            memory,
            descriptors,
            most_bytes,
            losses.value,
            logged(folder / "seen"),
            told,
            pictures,
        )


def checked(outcome, frames, growth, opened):
    """What must hold, in words, and whether it does."""
    events, told = outcome.logged, outcome.told
    seen = [event["snapshot"] for event in events if event["event"] == "seen"]
    newest = seen[len(seen) - len(outcome.pictures) :]
    reported = outcome.complaints.count("gives pictures again")
    return {
        f"exit code {outcome.code}": outcome.code == 0,
        f"camera lost {outcome.lost} times, {reported} of them reported": outcome.lost >= frames // 1000,
        f"memory grew by {growth:+.2f} % after the first tenth, at most {MOST_GROWTH} %": growth
        <= MOST_GROWTH,
        f"{opened[1]:.0f} descriptors after the first tenth, {opened[-1]:.0f} in the last": opened[1]
        == opened[-1],
        f"{len(events)} events logged, {len(seen)} of them seen, in turns": bool(events)
        and alternate(events),
        f"{len(told)} events at the broker, the same once each": [*map(_key, told)] == [*map(_key, events)],
        f"snapshots took {outcome.most_bytes / 1e6:.2f} MB at most, of {LIMIT_MB}": outcome.most_bytes
        <= LIMIT_MB * 1e6,
        f"{len(newest)} snapshots are left, those of the newest events": outcome.pictures == set(newest),
        "nothing else was complained about": all(
            "picture" in line for line in outcome.complaints.splitlines()
        ),
    }


def arguments(parser):
    """What the command line knows."""
    parser.add_argument(
        "--model",
        type=pathlib.Path,
        default=pathlib.Path("demo/model.tflite"),
        metavar="FILE",
        help="a .tflite file that knows digits; default: demo/model.tflite",
    )
    bench.add_count(parser, 100_000, "new pictures that the program gets through", "--frames")
    parser.add_argument("--viewers", type=int, default=0, metavar="N", help="of the page; default: no page")
    parser.add_argument("--record", action="store_true", help="record a video besides")


def measure(options):
    """What the run left, in tenths of its time, and what must hold of it."""
    outcome = soaked(options)
    if len(outcome.memory_mb) < TENTHS:
        raise InputError(
            f"Expected a run of {TENTHS} seconds or more. Give more --frames. {outcome.complaints.strip()}"
        )
    tenths, opened = (
        [float(np.median(part)) for part in np.array_split(values, TENTHS)]
        for values in (outcome.memory_mb, outcome.descriptors)
    )
    checks = checked(outcome, options.frames, 100 * (tenths[-1] / tenths[1] - 1), opened)
    missed = [words for words, holds in checks.items() if not holds]
    if missed:
        bench.say(outcome.complaints)
    about = {"printed": outcome.printed, "minutes": outcome.minutes, "code": outcome.code}
    return {**about, "memory_mb": tenths, "checks": checks, "missed": missed}


def markdown(result):
    """Memory in tenths of the run, and the checks."""
    tenths = {f"{10 * (n + 1)} %": bench.number(n, 1) for n in range(TENTHS)}
    row = {"what": "memory, MB", **dict(enumerate(result["memory_mb"]))}
    checks = [f"{'ok' if holds else 'FAILED':8}{words}" for words, holds in result["checks"].items()]
    return (
        f"{result['printed']}; {result['minutes']:.1f} minutes, exit code {result['code']}\n\n"
        f"{bench.table([row], {'share of the run': bench.text('what'), **tenths})}\n\n" + "\n".join(checks)
    )


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
