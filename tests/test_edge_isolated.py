"""The edge runs where nothing of the training side is installed."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
from edge_model import write_centroid

ROOT = Path(__file__).parents[1]

RUN_BLOCKED = """
import sys

BLOCKED = {"tensorflow", "keras", "tf_keras", "getnet_tf", "export", "matplotlib", "scipy"}

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ImportError("blocked: " + name)

sys.meta_path.insert(0, Blocked())
from edge_demo.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def test_three_frames_without_the_training_side(tmp_path):
    model = write_centroid(tmp_path / "model.tflite")
    frames = tmp_path / "frames"
    frames.mkdir()
    for index in range(3):
        picture = np.random.default_rng(index).integers(0, 256, (24, 40, 3), dtype=np.uint8)
        cv2.imwrite(str(frames / f"{index}.png"), picture)
    reference, out = frames / "0.png", tmp_path / "out"
    argv = ["--model", model, "--reference", reference, "--source", frames, "--headless", "--out", out]
    finished = subprocess.run(
        [sys.executable, "-c", RUN_BLOCKED, *map(str, argv)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith("3 frames, ")
    assert len((out / "frames.jsonl").read_text().splitlines()) == 3
