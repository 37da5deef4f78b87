"""What a search costs beside the bare backbone: the shipped model in every `--effort`, one thread.

    python benchmarks/search_cost.py                     # two minutes, most of them for the backbone's export

The bare backbone is EfficientNet-Lite0 with ImageNet's weights in 8 bits, over one image of the network's size: what it takes to see a
picture once, without looking for anything. The mug that comes with the program is searched in frames of its film, each as a picture by
itself, and the film is followed as the camera program does it. All take turns. Target: 3 times the backbone.
"""

import pathlib
import sys
import tempfile
import time

import bench
import cv2
import numpy as np
from boxed_sets import frames_of

from edge_demo.camera.sources import open_source
from edge_demo.commands import demo
from edge_demo.effort import EFFORTS, NORMAL, QUICK
from edge_demo.gallery.objects import Objects
from edge_demo.gallery.pursuit import Pursuit
from edge_demo.gallery.still import Still
from export import cost
from export.variant import VARIANTS
from getnet_tf.console import start_tensorflow

IMAGE_HW = (320, 320)
EVERY = 6  # frames of the film that are searched by themselves
TARGET = 3.0


def bare(folder):
    """The file of the bare backbone."""
    from export.bare_backbone import bare_backbone
    from getnet_tf.backbones.encoder import load_pretrained
    from getnet_tf.config import ModelConfig
    from getnet_tf.model import GetNet

    network = GetNet(
        ModelConfig(
            image_hw=IMAGE_HW, channels=3, localiser="none", backbone="efficientnet-lite0", embedding_dim=1000
        )
    )
    load_pretrained(network)
    frames = [
        cv2.cvtColor(cv2.resize(frame, IMAGE_HW[::-1]), cv2.COLOR_BGR2RGB) for frame in frames_of(demo.FILM)
    ]
    images = np.stack(frames).astype(np.float32) / 255

    def pairs(batches):
        chosen = np.random.default_rng(0).integers(len(images), size=(batches, 2, 8))
        return ({"image0": images[own[0]], "image1": images[own[1]]} for own in chosen)

    path = folder / "bare.tflite"
    path.write_bytes(bare_backbone(network, VARIANTS["int8-ptq"], pairs))
    return path


def film_ms(matcher):
    """Mean milliseconds of a frame of the film, followed: some take longer than others, and all count."""
    objects, taken = Objects(matcher, search=Pursuit(matcher, NORMAL)), []
    objects.add("mug", cv2.imread(str(demo.REFERENCE)))
    with open_source(str(demo.FILM), 0, False) as source:
        for frame in source:
            begun = time.perf_counter()
            objects.match(frame.frame_bgr_u8, frame.time_s)
            taken.append(1000 * (time.perf_counter() - begun))
    return float(np.mean(taken))


def still(matcher, effort):
    """A function that searches the next frame by itself."""
    objects = Objects(matcher, search=Still(matcher, effort))
    objects.add("mug", cv2.imread(str(demo.REFERENCE)))
    frames, number = list(frames_of(demo.FILM))[::EVERY], 0

    def search():
        nonlocal number
        objects.match(frames[number % len(frames)], None)
        number += 1

    return search


def arguments(parser):
    """What the command line knows."""
    bench.add_model(parser)


def measure(options):
    """The milliseconds of every way, and how many backbones that is."""
    start_tensorflow(0)
    matcher = bench.open_model(options.model, options.threads)
    with tempfile.TemporaryDirectory() as folder:
        path = bare(pathlib.Path(folder))
        calls = {"the bare backbone": cost.call_of(path, np.zeros((*IMAGE_HW, 3), np.uint8))(options.threads)}
        efforts = EFFORTS if matcher.layout is None else (QUICK, NORMAL)
        calls |= {f"a picture, --effort {effort}": still(matcher, effort) for effort in efforts}
        times = cost.milliseconds(calls)
    times["a frame of a film, followed"] = film_ms(matcher)
    own = times["the bare backbone"]
    rows = [{"way": way, "ms": ms, "ratio": ms / own} for way, ms in times.items()]
    return {"rows": rows, "missed": [row["way"] for row in rows if row["ratio"] > TARGET]}


def markdown(result):
    """The rows as they are."""
    columns = {
        "": bench.text("way"),
        "ms": bench.number("ms", 1),
        "of the bare backbone": bench.number("ratio", 2),
    }
    return bench.table(result["rows"], columns)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
