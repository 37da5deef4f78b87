"""What does it cost to see how a thing lies? Milliseconds of an aligner beside one search of the shipped model.

    python export/to_tflite.py runs/align --out align.tflite
    python benchmarks/align_cost.py --model align.tflite        # one thread, 10 seconds

A frame of noise, 640 x 480, is searched for one thing of a kind as the camera program does it. Then an area of 320 x 240 is aligned with that
thing by an affine map (`align_see`, `align`), and by a spline after it (once more `align_see`, then `bend`); each signature is timed by
itself, too. Noise takes as long as a picture, and random weights as long as trained ones. All take turns in one process, and times are
of the processor; reported is the median. Exit code 1 if the affine map takes more than 0.25 of the search.
"""

import os
import pathlib
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # NumPy reads it when it is loaded

import bench
import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from edge_demo.model.alignment.aligner import ALIGN, BEND, SEE, Aligner
from edge_demo.model.matcher import Matcher
from edge_demo.model.shipped import SHIPPED_MODEL
from edge_demo.native_log import captured_stderr
from getnet_tf.errors import InputError

TARGET = 0.25  # of a search, at most
ROUNDS = 60
FRAME_HW, AREA_HW = (480, 640), (240, 320)
SEARCH, AFFINE, CASCADE = "one search", "affine map", "affine map, then spline"


def calls_of(path):
    """What is timed: dict from name to function. Raises InputError if the file does not align."""
    rng = np.random.default_rng(0)
    frame, area = (rng.integers(0, 256, (*hw, 3), np.uint8) for hw in (FRAME_HW, AREA_HW))
    search = Matcher(SHIPPED_MODEL, 1, kinds=True)
    with captured_stderr():
        interpreter = Interpreter(model_path=str(path), num_threads=1)
        if not Aligner.is_in(interpreter):
            raise InputError(f"{path} does not align. Make a file that does with export/to_tflite.py.")
        aligner = Aligner(interpreter)
        aligner.warm_up()
        runners = {name: interpreter.get_signature_runner(name) for name in (SEE, ALIGN, BEND)}
    reference, shape = search.describe(area, "area"), aligner.shape(area)
    one, other = shape.turns[:1], shape.turns[1:2]
    return {
        SEARCH: lambda: search.match(frame, [reference]),
        AFFINE: lambda: aligner.laid(shape, area, "affine"),
        CASCADE: lambda: aligner.laid(shape, area, "cascade"),
        SEE: lambda: runners[SEE](image=shape.image),
        ALIGN: lambda: runners[ALIGN](turns=shape.turns, maps=one),
        BEND: lambda: runners[BEND](laid=other, maps=one),
    }


def milliseconds(calls):
    """The median of every call's times, all taking turns: dict."""
    times = {name: [] for name in calls}
    for number in range(ROUNDS + 2):
        for name, call in calls.items():
            begun = time.thread_time()
            call()
            if number >= 2:  # warm
                times[name].append(time.thread_time() - begun)
    return {name: 1000 * float(np.median(own)) for name, own in times.items()}


def arguments(parser):
    """What the command line knows."""
    parser.add_argument(
        "--model",
        type=pathlib.Path,
        required=True,
        metavar="FILE.tflite",
        help="an aligner's, or one joined with it",
    )


def measure(options):
    """Milliseconds of everything, and its share of a search."""
    cv2.setNumThreads(1)
    times = milliseconds(calls_of(options.model))
    rows = [{"step": name, "ms": ms, "of_search": ms / times[SEARCH]} for name, ms in times.items()]
    share = times[AFFINE] / times[SEARCH]
    missed = [f"the affine map takes {share:.2f} of a search, above {TARGET}"] if share > TARGET else []
    return {"rows": rows, "missed": missed}


def markdown(result):
    """A row for every step."""
    columns = {
        "step": bench.text("step"),
        "ms": bench.number("ms", 2),
        "of a search": bench.number("of_search", 3),
    }
    return "\n\n".join(
        [bench.table(result["rows"], columns), *(f"Missed: {one}" for one in result["missed"])]
    )


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
