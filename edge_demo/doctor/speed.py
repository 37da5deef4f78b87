"""How fast a model runs here: `python -m edge_demo.doctor.speed MODEL SECONDS` prints frames/s on one thread."""

from __future__ import annotations

import sys
import time

from edge_demo.camera import sim
from edge_demo.errors import EdgeError
from edge_demo.gallery.objects import Objects
from edge_demo.model.matcher import Matcher


def frames_per_s(model: str, seconds: float) -> float:
    """Frames/s of preprocessing and inference for one object, as in a film, measured over at least `seconds`."""
    camera = sim.SimCamera(0)
    frames = [camera.frame(index) for index in range(8)]  # drawn before: only the model counts
    objects = Objects(Matcher(model, num_threads=1))
    objects.add("digit", sim.reference_picture(camera.target, 0))
    objects.match(frames[0])  # the first is slower
    count, start_s = 0, time.perf_counter()
    while (elapsed_s := time.perf_counter() - start_s) < seconds or not count:
        objects.match(frames[count % len(frames)])
        count += 1
    return count / elapsed_s


if __name__ == "__main__":
    try:
        print(f"{frames_per_s(sys.argv[1], float(sys.argv[2])):.1f}")
    except EdgeError as error:
        sys.exit(str(error))
