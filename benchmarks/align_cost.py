"""What does it cost to see how a thing lies? Milliseconds of an aligner beside one search of the shipped model.

    python export/to_tflite.py runs/align --out align.tflite
    python benchmarks/align_cost.py --model align.tflite        # one thread, 1 minute

A frame of noise, of 640 x 480, is searched for one thing as the camera program does it. Then an area of 240 x 320 is aligned with that
thing by an affine map (`align_see`, `align`), and by a spline after it (a second `align_see` and `bend`). Noise takes as long as a
picture does. All take turns, in one process, and times are of the processor; reported is the median. The target is that the affine map
takes at most 0.25 of the search.
"""

import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # NumPy reads it when it is loaded

import bench
import cv2
import numpy as np

from edge_demo.model.alignment.aligner import ALIGN, BEND, SEE
from edge_demo.model.shipped import SHIPPED_MODEL

TARGET = 0.25  # of a search, at most
ROUNDS = 60
FRAME_HW, AREA_HW = (480, 640), (240, 320)
SEARCH, AFFINE, CASCADE = "one search", "affine map", "affine map, then spline"


def calls_of(search, aligner):
    """What is timed: dict from name to function.

    Args:
        search: `Matcher`.
        aligner: `edge_demo.model.alignment.aligner.Aligner`.
    """
    rng = np.random.default_rng(0)
    frame, area = (rng.integers(0, 256, (*hw, 3), np.uint8) for hw in (FRAME_HW, AREA_HW))
    reference, shape = search.describe(area, "area"), aligner.shape(area)
    calls = {
        SEARCH: lambda: search.match(frame, [reference]),
        AFFINE: lambda: aligner.laid(shape, area, "affine"),
        CASCADE: lambda: aligner.laid(shape, area, "cascade"),
    }
    maps, laid = shape.turns[:1], shape.turns[1:2]
    return calls | {
        SEE: lambda: aligner.see(shape.image),
        ALIGN: lambda: aligner.align(shape.turns, maps),
        BEND: lambda: aligner.bend(laid, maps),
    }
