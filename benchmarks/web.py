"""What do viewers of the demo's page cost? Four of them at 30 frames/s, and what one core spends on them.

    python benchmarks/web.py --data PATH               # two minutes

Frames of `video/cup.mp4`, 640 x 480, go through the program's own loop with a result that is there already, so that no
inference hides the cost: drawing, encoding, sending, and the loop's own work for it. A viewer is what a page is: a live view
and a stream of events, read as fast as they come. The server runs in a process of its own; its processor time without
viewers is taken off.
"""

import argparse
import contextlib
import itertools
import json
import multiprocessing
import os
import pathlib
import socket
import statistics
import sys
import threading
import time

import cv2

from edge_demo.camera.frames import Frame
from edge_demo.camera.sources import open_source
from edge_demo.gallery.objects import Objects
from edge_demo.model.matcher import MatchResult, ObjectMatch
from edge_demo.results.smoothing import Smoothing
from edge_demo.watch import loop
from edge_demo.web.screen import WebScreen
from getnet_tf.errors import report_errors
from getnet_tf.training.run_folder import write_text

FPS = 30.0
VIEWERS = (0, 1, 4)
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def serve(clip, ports):
    """Serves the clip over and over; tells its port."""
    cv2.setNumThreads(1)
    with open_source(str(clip)) as source:
        frames = [frame.frame_bgr_u8 for frame in itertools.islice(source, 0, None, 4)]
    result = MatchResult(15.0, [ObjectMatch("cup", 0.93, True, (310.0, 125.0, 414.0, 383.0), 0.3)])

    def results():
        start_s = time.perf_counter()
        for index in itertools.count():
            time.sleep(max(0.0, start_s + index / FPS - time.perf_counter()))
            yield Frame(index, frames[index % len(frames)], FPS), result

    screen = WebScreen(0.5, "127.0.0.1:0", None)
    ports.put(screen.endpoint.port)
    objects = Objects(None)  # the result is there: nothing need be known
    loop(results(), threading.Event(), True, objects, Smoothing(0.5), screen, [])


class Viewer:
    """Reads the live view and the events of a port until closed; counts pictures and bytes."""

    def __init__(self, port):
        self.pictures = self.size = 0
        self._channels = [self._opened(port, path) for path in ("stream", "events")]
        for channel, read in zip(self._channels, (self._read_pictures, self._read_events), strict=True):
            threading.Thread(target=read, args=(channel,), daemon=True).start()

    def close(self):
        """Leaves."""
        for channel in self._channels:
            channel.shutdown(socket.SHUT_RDWR)
            channel.close()

    @staticmethod
    def _opened(port, path):
        channel = socket.create_connection(("127.0.0.1", port))
        channel.sendall(f"GET /api/{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        return channel

    def _read_pictures(self, channel):
        with contextlib.suppress(OSError):
            while data := channel.recv(1 << 17):
                self.pictures += data.count(b"Content-Length: ")
                self.size += len(data)

    @staticmethod
    def _read_events(channel):
        with contextlib.suppress(OSError):
            while channel.recv(1 << 14):
                pass


def processor_s(pid):
    """Seconds that a process has computed, in user and kernel mode."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def measured(pid, port, count, seconds):
    """With so many viewers: (share of a core, pictures/s of the slowest viewer, kB of a picture)."""
    viewers = [Viewer(port) for _ in range(count)]
    time.sleep(1.0)
    start_s, before_s = time.perf_counter(), processor_s(pid)
    seen, sizes = [viewer.pictures for viewer in viewers], [viewer.size for viewer in viewers]
    time.sleep(seconds)
    past_s, spent_s = time.perf_counter() - start_s, processor_s(pid) - before_s
    pictures = [viewer.pictures - before for viewer, before in zip(viewers, seen, strict=True)]
    sent = sum(viewer.size - before for viewer, before in zip(viewers, sizes, strict=True))
    for viewer in viewers:
        viewer.close()
    slowest = min(pictures) / past_s if count else 0.0
    return spent_s / past_s, slowest, sent / max(sum(pictures), 1) / 1000


def run(options):
    """Measures in turns, prints Markdown."""
    clip = pathlib.Path(options.data) / "video" / "cup.mp4"
    ports = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(clip, ports), daemon=True)
    server.start()
    try:
        port = ports.get(timeout=60)
        rounds = [
            {count: measured(server.pid, port, count, options.seconds) for count in VIEWERS}
            for _ in range(options.rounds)
        ]
    finally:
        server.terminate()
    print("| viewers | pictures/s, slowest viewer | kB | share of a core | for viewers, median (rounds) |")
    print("|---|---|---|---|---|")
    rows = []
    for count in VIEWERS:
        shares = [found[count][0] for found in rounds]
        extra = [found[count][0] - found[0][0] for found in rounds]
        pictures, kilobytes = (statistics.median(found[count][place] for found in rounds) for place in (1, 2))
        rows.append({"viewers": count, "fps": pictures, "kB": kilobytes, "shares": shares, "extra": extra})
        each = ", ".join(f"{share:.1%}" for share in extra)
        print(
            f"| {count} | {pictures:.1f} | {kilobytes:.1f} | {statistics.median(shares):.1%} | "
            f"{statistics.median(extra):.1%} ({each}) |"
        )
    if options.json:
        write_text(options.json, json.dumps(rows, indent=1) + "\n")


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, metavar="DIR", help="holds video/")
    add("--seconds", type=float, default=8.0, help="of each measurement")
    add("--rounds", type=int, default=3, help="of all numbers of viewers in turn")
    add("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
