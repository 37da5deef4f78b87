"""How fast, how large and how quick to start is the demo? Its loop on a clip, stage by stage, on one thread.

    python benchmarks/edge.py --data PATH --json edge.json            # three minutes

The clip is `video/cup.mp4`, the object the labelled box of frame 24. Every frame is decoded, searched, steadied, drawn and
made a line of JSON, as `python -m edge_demo --headless` does; only the encoding of the video is left out. It is searched by every
`--effort`; for ten things, of which two are there, the cup by two pictures, each a thing of its own, and eight products of Grocery
Store are not; and, where the model can tell this one from others of its kind, with `--kinds`. The ways take turns. Start, memory and
imports are those of another process that runs the whole program.

Targets: 60 frames/s for one thing, 25 for ten, 130 MB.
"""

import pathlib
import subprocess
import sys
import tempfile
import time

import bench
import cv2
import numpy as np
from boxed_sets import clip_path, cup_set, cut
from many_objects import products

from edge_demo.camera.sources import open_source
from edge_demo.effort import NORMAL, QUICK, THOROUGH
from edge_demo.gallery.objects import Objects
from edge_demo.gallery.pursuit import Pursuit
from edge_demo.outputs.recorder import json_line
from edge_demo.results.smoothing import Smoothing
from edge_demo.screen import overlay
from getnet_tf.errors import InputError

STAGES = ("decode", "search", "steady", "draw", "line")
FORBIDDEN = ("tensorflow", "keras", "tf_keras", "matplotlib")
NO_MATCH = 1  # exit code of `match`
PASSES = 3  # over the clip, by each way
AS_IT_IS, TEN = "as it is", "ten things"
ABSENT, OTHER = (
    8,
    20,
)  # of the ten, how many are not there; number of the labelled frame that shows the cup the second time
FPS = {AS_IT_IS: 60, TEN: 25}  # targets
PEAK_MB = 130


def stage_times(clip, matcher, effort, references):
    """Milliseconds of every stage of every frame: (N, 5), in the order of `STAGES`."""
    objects = Objects(matcher, search=Pursuit(matcher, effort))
    for number, picture_bgr_u8 in enumerate(references):
        objects.add(f"thing {number}", picture_bgr_u8)
    colors = {known.name: known.color for known in objects.known}
    smoothing = Smoothing(matcher.score(matcher.metadata.threshold))
    times = []
    with open_source(str(clip), 0, False) as source:
        frames, begun = iter(source), time.perf_counter()
        for frame in frames:
            marks = [begun, time.perf_counter()]
            result = objects.match(frame.frame_bgr_u8, frame.time_s)
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


def ten(data, reference_bgr_u8):
    """Pictures of ten things, of which two are there; none, with a line, without Grocery Store."""
    if not (data / "grocery").exists():
        bench.say(f"left out    ten things: no grocery/ in {data}")
        return []
    frame, _, box = cup_set(data)[OTHER]
    return [reference_bgr_u8, cut(frame, box), *(own[0] for own in products(data)[:ABSENT])]


def loops(clip, options, reference_bgr_u8):
    """`stage_times` of several passes, the ways taking turns: dict way -> (`PASSES`, N, 5)."""
    matcher, one = bench.open_model(options.model, options.threads), [reference_bgr_u8]
    ways = {AS_IT_IS: (matcher, NORMAL, one)}
    ways |= {f"--effort {effort}": (matcher, effort, one) for effort in (QUICK, THOROUGH)}
    if matcher.layout is not None:
        ways["--kinds"] = bench.open_model(options.model, options.threads, kinds=True), NORMAL, one
    if several := ten(options.data, reference_bgr_u8):
        ways[TEN] = matcher, NORMAL, several
    passes = {way: [] for way in ways}
    for _ in range(PASSES):
        for way, arguments in ways.items():
            passes[way].append(stage_times(clip, *arguments))
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
    bench.add_data(parser, "holds video/, and grocery/ for ten things")
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
    measured = {way: loop_of(passes) for way, passes in loops(clip, options, reference).items()}
    missed = [way for way, fps in FPS.items() if way in measured and measured[way]["fps"] < fps]
    return {
        "loops": measured,
        "missed": missed + ["memory"] * (peak_mb > PEAK_MB),
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
    missed = f"\n\nTargets missed: {', '.join(result['missed'])}." if result["missed"] else ""
    return (
        f"{bench.table(rows, columns)}\n\nFrom start to first result {result['start_s']:.2f} s; peak memory "
        f"{result['peak_mb']:.0f} MB; imported of {', '.join(FORBIDDEN)}: {result['imported']}{missed}"
    )


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
