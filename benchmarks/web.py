"""What do viewers of the demo's page cost? Four of them at 30 frames/s, and what one core spends on them.

    python benchmarks/web.py --data PATH               # two minutes

Frames of `video/cup.mp4`, 640 x 480, go through the program's own loop with a result that is there already, so that no
inference hides the cost: drawing, encoding, sending, and the loop's own work for it. A viewer is what a page is: a live view
and a stream of events, read as fast as they come. The server runs in a process of its own; its processor time without
viewers is taken off.
"""

import contextlib
import itertools
import multiprocessing
import os
import pathlib
import socket
import statistics
import sys
import threading
import time

import bench
import cv2
from boxed_sets import clip_path

from edge_demo.camera.frames import Frame
from edge_demo.camera.sources import open_source
from edge_demo.gallery.objects import Objects
from edge_demo.model.matcher import MatchResult, ObjectMatch
from edge_demo.results.events import Events
from edge_demo.results.smoothing import Smoothing
from edge_demo.watch import loop
from edge_demo.web.screen import WebScreen

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
            yield Frame(index, frames[index % len(frames)], FPS, index / FPS), result

    screen = WebScreen(0.5, "127.0.0.1:0", None)
    ports.put(screen.endpoint.port)
    objects = Objects(None)  # the result is there: nothing need be known
    loop(results(), threading.Event(), True, objects, Smoothing(0.5), Events(), screen, [])


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


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds video/")
    bench.add_count(parser, 8, "of each measurement", "--seconds")
    bench.add_count(parser, 3, "of all numbers of viewers in turn", "--rounds")


def measure(options):
    """Every number of viewers, in turns."""
    ports = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(clip_path(options.data), ports), daemon=True)
    server.start()
    try:
        port = ports.get(timeout=60)
        rounds = [
            {count: measured(server.pid, port, count, options.seconds) for count in VIEWERS}
            for _ in range(options.rounds)
        ]
    finally:
        server.terminate()
    rows = []
    for count in VIEWERS:
        shares, pictures, kilobytes = zip(*(found[count] for found in rounds), strict=True)
        extra = [found[count][0] - found[0][0] for found in rounds]
        rows.append(
            {
                "viewers": count,
                "fps": statistics.median(pictures),
                "kB": statistics.median(kilobytes),
                "share": statistics.median(shares),
                "extra": statistics.median(extra),
                "extra_low": min(extra),
                "extra_high": max(extra),
            }
        )
    return {"viewers": rows}


def markdown(result):
    """A row for each number of viewers."""
    columns = {
        "viewers": bench.text("viewers"),
        "pictures/s, slowest viewer": bench.number("fps", 1),
        "kB": bench.number("kB", 1),
        "% of a core": bench.percent("share"),
        "for viewers, median [least, most of the rounds]": bench.percent("extra"),
    }
    return bench.table(result["viewers"], columns)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
