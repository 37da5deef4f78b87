"""What a file costs: its size, milliseconds a frame, memory, and the pieces that the CPU delegate runs it in."""

import subprocess
import sys
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from edge_demo.model.matcher import Matcher
from edge_demo.model.preprocess import reference_to_input
from edge_demo.native_path import native_path
from export import delegate

ROUNDS, TURNS = 30, 4  # times that the files take turns, and calls of each turn
SEARCHING = {"see", "locate", "embed"}  # signatures that the search of one frame runs, where a file has them
PEAK = """
import sys
from edge_demo.model.matcher import Matcher
from edge_demo.native_path import native_path
import numpy as np
matcher = Matcher(sys.argv[1])
frame = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
reference = matcher.describe(frame, "any")
for _ in range(5):
    matcher.match(frame, [reference])
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def speeds(paths, held_out):
    """Milliseconds of every file with one and with two threads: dict name -> dict."""
    shown = None if held_out.shown_bgr_u8 is None else held_out.shown_bgr_u8[0]
    makers = {name: call_of(path, held_out.frames_bgr_u8[0], shown) for name, path in paths.items()}
    one, two = (milliseconds({name: make(threads) for name, make in makers.items()}) for threads in (1, 2))
    return {name: {"ms_1": one[name], "ms_2": two[name]} for name in paths}


def call_of(path, frame_bgr_u8, shown_bgr_u8=None):
    """A function that searches a frame (H, W, 3) once, as the demo does: number of threads -> function.

    Args:
        path: of the file; of a bare backbone, which has no metadata, its name begins with "bare".
        frame_bgr_u8: of the size of the network's image.
        shown_bgr_u8: (h, w, 3) what it is searched for; None where nothing guides the search.
    """

    def with_threads(threads):
        if path.name.startswith("bare"):
            bare = Interpreter(model_path=native_path(path), num_threads=threads).get_signature_runner("find")
            channels = bare.get_input_details()["image"]["shape"][-1]
            image = frame_bgr_u8[None, ..., :channels].astype(np.float32) / 255
            return lambda: bare(image=image)
        matcher, reference = Matcher(path, threads), None
        if shown_bgr_u8 is not None:
            reference = matcher.reference_of(reference_to_input(shown_bgr_u8, matcher.metadata)[0])
        return lambda: matcher.find(frame_bgr_u8, reference)

    return with_threads


def milliseconds(calls):
    """Median time of each function, all taking turns: dict name -> ms."""
    times = {name: [] for name in calls}
    for number in range(ROUNDS + 2):
        for name, call in calls.items():
            for _ in range(TURNS):
                begun = time.perf_counter()
                call()
                if number >= 2:  # warm
                    times[name].append(time.perf_counter() - begun)
    return {name: 1000 * float(np.median(values)) for name, values in times.items()}


def cost_of(path):
    """Size, memory, and in how many pieces the delegate runs the search of one frame."""
    pieces = delegate.partitions(path.read_bytes())
    searching = SEARCHING & set(pieces) if "embed" in pieces else {"find"}
    return {
        "kilobytes": kilobytes(path),
        "megabytes": peak_megabytes(path),
        "pieces": sum(pieces[name] for name in searching),
    }


def kilobytes(path):
    """The size of a file."""
    return path.stat().st_size / 1e3


def peak_megabytes(path):
    """Peak memory of a process that loads a file and matches some frames, Python and OpenCV included; None off Linux."""
    done = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True)
    return int(done.stdout) / 1024 if done.returncode == 0 else None
