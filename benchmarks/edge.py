"""How fast, how large and how quick to start is the demo? Its loop on a clip, stage by stage, on one thread.

    python benchmarks/edge.py --data PATH --json edge.json            # a minute

The clip is `video/cup.mp4`, the object the labelled box of frame 24. Every frame is decoded, searched, steadied, drawn and
made a line of JSON, as `python -m edge_demo --headless` does; only the encoding of the video is left out. Start, memory and
imports are those of another process that runs the whole program.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import cv2
import numpy as np
from scenes import cup_set

from edge_demo.__main__ import SHIPPED_MODEL
from edge_demo.camera.sources import open_source
from edge_demo.gallery.objects import Objects
from edge_demo.model.matcher import Matcher
from edge_demo.outputs.recorder import json_line
from edge_demo.smoothing import Smoothing
from edge_demo.window import overlay
from getnet_tf.errors import report_errors
from getnet_tf.training.run_folder import write_text

STAGES = ("decode", "search", "steady", "draw", "line")
FORBIDDEN = ("tensorflow", "keras", "tf_keras", "matplotlib")
START = """
import sys, time
from edge_demo.model.matcher import Matcher
from edge_demo.model.preprocess import read_picture
matcher = Matcher(sys.argv[1])
picture = read_picture(sys.argv[2])
matcher.match(picture, [matcher.describe(picture, "object")])
"""


def stage_times(clip, model, reference_bgr_u8):
    """Milliseconds of every stage of every frame: (N, 5), in the order of `STAGES`."""
    matcher = Matcher(model, num_threads=1)
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


def start_seconds(model, picture, times=4):
    """From the command to the first result: the median of warm starts, the first of which does not count."""
    taken = []
    for _ in range(times + 1):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", START, str(model), str(picture)], check=True)
        taken.append(time.perf_counter() - begun)
    return float(np.median(taken[1:]))


def whole_run(clip, model, picture):
    """The program on the clip in a process of its own: peak memory in MB, and what of `FORBIDDEN` it imported."""
    with tempfile.TemporaryDirectory() as folder:
        argv = ["--model", str(model), "--reference", str(picture), "--source", str(clip)]
        argv += ["--headless", "--out", folder + "/out", "--max-frames", "60"]
        code = (
            "import sys; from edge_demo.__main__ import main; code = main(sys.argv[1:]); "
            f"print([name for name in {FORBIDDEN} if name in sys.modules]); "
            "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'))); "
            "sys.exit(code)"
        )
        done = subprocess.run([sys.executable, "-c", code, *argv], check=True, capture_output=True, text=True)
    *_, imported, peak_kb = done.stdout.splitlines()
    return int(peak_kb) / 1024, imported


def run(options):
    """Measures, prints Markdown."""
    cv2.setNumThreads(1)
    clip = pathlib.Path(options.data) / "video" / "cup.mp4"
    _, reference, _ = cup_set(options.data)[0]
    with tempfile.TemporaryDirectory() as folder:
        picture = pathlib.Path(folder) / "cup.png"
        cv2.imwrite(str(picture), reference)
        peak_mb, imported = whole_run(clip, options.model, picture)
        start_s = start_seconds(options.model, picture)
    times = stage_times(clip, options.model, reference)
    median, total = np.median(times, axis=0), times.sum(axis=1)
    print("| stage | median ms | share |\n|---|---|---|")
    for stage, ms in zip(STAGES, median, strict=True):
        print(f"| {stage} | {ms:.2f} | {ms / median.sum():.1%} |")
    fps = 1000 / np.median(total)
    print(
        f"\n{fps:.1f} frames/s on one thread ({len(times)} frames); from start to first result {start_s:.2f} s; peak memory "
        f"{peak_mb:.0f} MB; imported of {', '.join(FORBIDDEN)}: {imported}"
    )
    if options.json:
        found = dict(zip(STAGES, map(float, median), strict=True))
        found |= {"fps": float(fps), "start_s": start_s, "peak_mb": peak_mb, "imported": imported}
        write_text(options.json, json.dumps(found, indent=1) + "\n")


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, metavar="DIR", help="holds video/")
    add("--model", type=pathlib.Path, default=SHIPPED_MODEL, help="a .tflite file")
    add("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
