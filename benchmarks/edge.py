"""How fast, how large and how quick to start is the demo? Its loop on a clip, stage by stage, on one thread.

    python benchmarks/edge.py --data PATH --json edge.json            # two minutes

The clip is `video/cup.mp4`, the object the labelled box of frame 24. Every frame is decoded, searched, steadied, drawn and
made a line of JSON, as `python -m edge_demo --headless` does; only the encoding of the video is left out. Where the model can tell
this one from others of its kind, the loop with `--kinds` takes turns with it. Start, memory and imports are those of another process
that runs the whole program.
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
PASSES = 3  # over the clip, by each way
AS_IT_IS, KINDS = "as it is", "--kinds"


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


def loops(clip, options, reference_bgr_u8):
    """`stage_times` of several passes, the ways taking turns: dict way -> (`PASSES`, N, 5)."""
    matchers = {AS_IT_IS: bench.open_model(options.model, options.threads)}
    if matchers[AS_IT_IS].layout is not None:
        matchers[KINDS] = bench.open_model(options.model, options.threads, kinds=True)
    passes = {way: [] for way in matchers}
    for _ in range(PASSES):
        for way, matcher in matchers.items():
            passes[way].append(stage_times(clip, matcher, reference_bgr_u8))
    return {way: np.array(times) for way, times in passes.items()}


def loop_of(passes):
    """Of passes (P, N, 5) the mean milliseconds of every stage, frames/s, and the number of frames.

    Some frames take longer than others in every pass, those in which a verdict is checked, and count as often as they come; what takes
    longer in one pass alone is other work on the machine, and does not.
    """
    stages = np.median(passes, axis=0).mean(axis=0)
    return {
        "stages": dict(zip(STAGES, stages.tolist(), strict=True)),
        "fps": 1000 / float(stages.sum()),
        "frames": passes.shape[1],
    }


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
    return {
        "loops": {way: loop_of(passes) for way, passes in loops(clip, options, reference).items()},
        "start_s": start_s,
        "peak_mb": peak_mb,
        "imported": imported,
    }


def markdown(result):
    """A row for every way through the loop, and the rest in a sentence."""
    rows = [{"way": way, **loop} for way, loop in result["loops"].items()]
    columns = {"loop": bench.text("way")}
    columns |= {f"{stage}, ms": bench.of("stages", bench.number(stage, 2)) for stage in STAGES}
    columns |= {"frames/s": bench.number("fps", 1), "frames": bench.text("frames")}
    return (
        f"{bench.table(rows, columns)}\n\nFrom start to first result {result['start_s']:.2f} s; peak memory "
        f"{result['peak_mb']:.0f} MB; imported of {', '.join(FORBIDDEN)}: {result['imported']}"
    )


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
