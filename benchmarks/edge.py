"""How fast, how large and how quick to start is the demo? Its loop on a clip, stage by stage, on one thread.

    python benchmarks/edge.py --data PATH --json edge.json            # a minute

The clip is `video/cup.mp4`, the object the labelled box of frame 24. Every frame is decoded, searched, steadied, drawn and
made a line of JSON, as `python -m edge_demo --headless` does; only the encoding of the video is left out. Start, memory and
imports are those of another process that runs the whole program.
"""

import pathlib
import subprocess
import sys
import tempfile
import time

import bench
import cv2
import numpy as np
from boxed_sets import clip_path, cup_set

from edge_demo.camera.sources import open_source
from edge_demo.gallery.objects import Objects
from edge_demo.outputs.recorder import json_line
from edge_demo.results.smoothing import Smoothing
from edge_demo.screen import overlay
from getnet_tf.errors import InputError

STAGES = ("decode", "search", "steady", "draw", "line")
FORBIDDEN = ("tensorflow", "keras", "tf_keras", "matplotlib")
NO_MATCH = 1  # exit code of `match`


def stage_times(clip, matcher, reference_bgr_u8):
    """Milliseconds of every stage of every frame: (N, 5), in the order of `STAGES`."""
    objects = Objects(matcher)
    objects.add("cup", reference_bgr_u8)
    colors = {known.name: known.color for known in objects.known}
    smoothing = Smoothing(matcher.score(matcher.metadata.threshold))
    times = []
    with open_source(str(clip), 0, False) as source:
        frames, begun = iter(source), time.perf_counter()
        for frame in frames:
            marks = [begun, time.perf_counter()]
            result = objects.match(frame.frame_bgr_u8)
            marks.append(time.perf_counter())
            steadied = smoothing.update(result, frame.index / frame.fps)
            marks.append(time.perf_counter())
            overlay.draw(frame.frame_bgr_u8, steadied, colors=colors)
            marks.append(time.perf_counter())
            json_line(frame.index, result)
            marks.append(time.perf_counter())
            times.append(np.diff(marks) * 1000)
            begun = time.perf_counter()
    return np.array(times)


def start_seconds(model, threads, picture, times=4):
    """From the command to its first result: the median of warm starts, the first of which does not count."""
    command = [sys.executable, "-m", "edge_demo", "match", str(picture), str(picture)]
    command += ["--model", str(model), "--threads", str(threads)]
    taken = []
    for _ in range(times + 1):
        begun = time.perf_counter()
        code = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
        taken.append(time.perf_counter() - begun)
        if code not in (0, NO_MATCH):
            raise InputError(f"{' '.join(command)} ended with {code}. Give another --model.")
    return float(np.median(taken[1:]))


def whole_run(clip, model, threads, picture):
    """The program on the clip in a process of its own: peak memory in MB, and what of `FORBIDDEN` it imported."""
    with tempfile.TemporaryDirectory() as folder:
        argv = ["--model", str(model), "--threads", str(threads), "--reference", str(picture)]
        argv += ["--source", str(clip), "--headless", "--out", folder + "/out", "--max-frames", "60"]
        code = (
            "import sys; from edge_demo.__main__ import main; code = main(sys.argv[1:]); "
            f"print([name for name in {FORBIDDEN} if name in sys.modules]); "
            "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'))); "
            "sys.exit(code)"
        )
        done = subprocess.run([sys.executable, "-c", code, *argv], check=True, capture_output=True, text=True)
    *_, imported, peak_kb = done.stdout.splitlines()
    return int(peak_kb) / 1024, imported


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds video/")
    bench.add_model(parser)


def measure(options):
    """Times, memory and imports."""
    cv2.setNumThreads(1)
    clip = clip_path(options.data)
    _, reference, _ = cup_set(options.data)[0]
    with tempfile.TemporaryDirectory() as folder:
        picture = pathlib.Path(folder) / "cup.png"
        cv2.imwrite(str(picture), reference)
        peak_mb, imported = whole_run(clip, options.model, options.threads, picture)
        start_s = start_seconds(options.model, options.threads, picture)
    times = stage_times(clip, bench.open_model(options.model, options.threads), reference)
    return {
        "stages": dict(zip(STAGES, np.median(times, axis=0).tolist(), strict=True)),
        "fps": 1000 / float(np.median(times.sum(axis=1))),
        "frames": len(times),
        "start_s": start_s,
        "peak_mb": peak_mb,
        "imported": imported,
    }


def markdown(result):
    """A row for every stage, and the rest in a sentence."""
    whole = sum(result["stages"].values())
    rows = [{"stage": stage, "ms": ms, "share": ms / whole} for stage, ms in result["stages"].items()]
    columns = {
        "stage": bench.text("stage"),
        "median ms": bench.number("ms", 2),
        "share %": bench.percent("share"),
    }
    return (
        f"{bench.table(rows, columns)}\n\n{result['fps']:.1f} frames/s ({result['frames']} frames); from start to first "
        f"result {result['start_s']:.2f} s; peak memory {result['peak_mb']:.0f} MB; imported of "
        f"{', '.join(FORBIDDEN)}: {result['imported']}"
    )


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
