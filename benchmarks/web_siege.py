"""Does a recording go on while strangers besiege the page? 2,400 connections that nobody needs, and what they cost.

    python benchmarks/web_siege.py                     # five minutes: two of siege, and two of peace before it

The program runs as its user would start it, with 1,024 descriptors: it records a film of 15 frames/s, and serves the page with
a token. Strangers open connections and say nothing, say half of a request's head or of a login's body, or ask for the page
over and over and read none of it; what is closed they open anew. A viewer who has the token watches, and asks how things are
twice a second. Printed are the rates of the recording in peace and in the siege, the memory, how the viewer fared, and
whether the recording is whole. The rates say something on a machine that has nothing else to do.
"""

import asyncio
import contextlib
import http.client
import json
import multiprocessing
import os
import pathlib
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import bench
import cv2
from soak import memory_mb
from web import processor_s

from edge_demo.camera import sim

FPS, DESCRIPTORS, TOKEN = 15, 1024, "an open secret of this benchmark"
STRANGERS = {"idle": 2000, "half-sent": 200, "stalled": 200}
STALLED_S = 15.0  # then it is opened anew
ASKS_S = 0.5
LEAST_RATE, MOST_MB, LONGEST_ANSWER_S = 0.95, 50.0, 5.0
_LOGIN = b"POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 16000000\r\n\r\n"


def film(path, seconds):
    """The simulated camera as a video."""
    camera = sim.SimCamera(0)
    size = camera.frame(0).shape[1::-1]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, size)
    for index in range(int(FPS * seconds)):
        writer.write(camera.frame(index))
    writer.release()


def besiege(port, opened, closed):
    """Holds as many connections as it is let; never returns. Counts those that it opened, and those that were closed."""
    os.nice(19)  # strangers have machines of their own
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    async def stranger(kind):
        while True:
            with contextlib.suppress(OSError, asyncio.TimeoutError):
                reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 30)
                opened.value += 1
                if kind == "half-sent":
                    writer.write(random.choice((b"GET / HTTP/1.1\r\nHost: local", _LOGIN + bytes(1 << 20))))
                if kind == "stalled":
                    writer.transport.pause_reading()
                    writer.write(b"GET /page.js HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000)
                    await asyncio.sleep(STALLED_S)
                else:
                    await reader.read()
                    closed.value += 1
                writer.transport.abort()
            await asyncio.sleep(random.uniform(0.5, 1.5))

    async def all_of_them():
        await asyncio.gather(*(stranger(kind) for kind, count in STRANGERS.items() for _ in range(count)))

    asyncio.run(all_of_them())


class Viewer:
    """Somebody with the token: watches, and asks; comes again when the connection breaks."""

    def __init__(self, port):
        self.port, self.pictures, self.breaks, self.answers_s, self.failures = port, 0, 0, [], []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=run) for run in (self._watch, self._ask)]
        for thread in self._threads:
            thread.start()

    def close(self):
        """Leaves."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _watch(self):
        asked = (
            f"GET /api/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
        )
        while not self._ended.is_set():
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), LONGEST_ANSWER_S) as channel,
            ):
                channel.sendall(asked)
                while not self._ended.is_set() and (data := channel.recv(1 << 17)):
                    self.pictures += data.count(b"Content-Length: ")
            self.breaks += not self._ended.is_set()

    def _ask(self):
        while not self._ended.wait(ASKS_S):
            begun_s = time.perf_counter()
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST_ANSWER_S)
            try:
                connection.request("GET", "/api/state", headers={"Authorization": f"Bearer {TOKEN}"})
                status = connection.getresponse().status
                self.failures += [] if status == 200 else [str(status)]
            except OSError as error:
                self.failures.append(type(error).__name__)
            finally:
                connection.close()
            self.answers_s.append(time.perf_counter() - begun_s)


def lines(path):
    """How many frames are recorded."""
    return path.read_bytes().count(b"\n")


def passed(process, path, seconds):
    """(frames/s of the recording, most memory in MB, ms of a core per frame) for so many seconds."""
    begun_s, before, most_mb = time.perf_counter(), lines(path), 0.0
    spent_s = processor_s(process.pid)
    while (past_s := time.perf_counter() - begun_s) < seconds and process.poll() is None:
        most_mb = max(most_mb, memory_mb(process))
        time.sleep(0.2)
    frames = lines(path) - before
    return frames / past_s, most_mb, 1000 * (processor_s(process.pid) - spent_s) / max(frames, 1)


def arguments(parser):
    """What the command line knows."""
    bench.add_model(parser)
    bench.add_count(parser, 120, "of the siege, and of the peace before it", "--seconds")


def measure(options):
    """Records in peace, then in the siege."""
    with tempfile.TemporaryDirectory() as folder:
        return _measured(options, pathlib.Path(folder))


def _measured(options, folder):
    film(folder / "film.mp4", 2 * options.seconds + 60)
    cv2.imwrite(str(folder / "digit.png"), sim.reference_picture(sim.SimCamera(0).target, 0))
    argv = ["--model", options.model, "--threads", options.threads, "--reference", folder / "digit.png"]
    argv += [
        "--source",
        folder / "film.mp4",
        "--out",
        folder / "out",
        "--web",
        "127.0.0.1:0",
        "--token",
        TOKEN,
    ]
    with (folder / "stderr").open("wb") as complaints:
        process = subprocess.Popen(
            [sys.executable, "-m", "edge_demo", *map(str, argv)],
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS)),
        )
    opened, closed = multiprocessing.Value("i", 0), multiprocessing.Value("i", 0)
    besieging = viewer = None
    try:
        port = int(process.stdout.readline().split(":")[2].split("/")[0])
        recorded = folder / "out" / "frames.jsonl"
        while not recorded.exists():
            time.sleep(0.1)
        viewer = Viewer(port)
        time.sleep(5)  # it warms up
        peace_fps, peace_mb, peace_ms = passed(process, recorded, options.seconds)
        asked_before = len(viewer.answers_s)
        besieging = multiprocessing.Process(target=besiege, args=(port, opened, closed), daemon=True)
        besieging.start()
        siege_fps, siege_mb, siege_ms = passed(process, recorded, options.seconds)
        answers_s = viewer.answers_s[asked_before:]
        viewer.close()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
    finally:
        if besieging is not None:
            besieging.kill()
        if viewer is not None:
            viewer.close()
        process.kill()
    frames = [json.loads(line)["frame"] for line in recorded.read_text().splitlines()]
    video = cv2.VideoCapture(str(folder / "out" / "video.mp4"))
    decoded = sum(1 for _ in iter(video.grab, False))
    said_bytes = (folder / "stderr").stat().st_size
    checks = {
        f"exit code {process.returncode}": process.returncode == 0,
        f"{len(frames)} lines, each frame once, and {decoded} frames in the video": frames
        == list(range(len(frames)))
        and decoded == len(frames),
        f"{siege_fps:.2f} frames/s in the siege, {peace_fps:.2f} before it, at least {LEAST_RATE:.0%} of it": siege_fps
        >= LEAST_RATE * peace_fps,
        f"{siege_mb - peace_mb:+.1f} MB of memory, at most {MOST_MB:.0f}": siege_mb - peace_mb <= MOST_MB,
        f"{len(answers_s)} questions in the siege, {len(viewer.failures)} unanswered, {max(answers_s):.2f} s the longest": not viewer.failures,
        f"the viewer got {viewer.pictures} pictures; the view broke {viewer.breaks} times": not viewer.breaks,
        f"{said_bytes} bytes on stderr": said_bytes < 10_000,
    }
    missed = [words for words, holds in checks.items() if not holds]
    return {
        "opened": opened.value,
        "closed": closed.value,
        "peace_ms": peace_ms,
        "siege_ms": siege_ms,
        "share": siege_fps * (siege_ms - peace_ms) / 1000,
        "checks": checks,
        "missed": missed,
    }


def markdown(result):
    """The checks."""
    checks = [f"{'ok' if holds else 'FAILED':8}{words}" for words, holds in result["checks"].items()]
    strangers = ", ".join(f"{count} {kind}" for kind, count in STRANGERS.items())
    return (
        f"{strangers}; {result['opened']} connections opened, {result['closed']} closed by the program. A frame, with all that "
        f"goes on beside it, took {result['siege_ms']:.1f} ms of a core in the siege, {result['peace_ms']:.1f} before it: the "
        f"siege took {result['share']:.1%} of a core.\n\n" + "\n".join(checks)
    )


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
