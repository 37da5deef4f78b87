"""What `raspberry_pi.py` runs on both machines: the edge on pairs of pictures, its numbers into a file.

    python raspberry_pi_runner.py MODEL PAIRS.json RESULT.npz [--nudge] [--without-xnnpack]

PAIRS.json is a list of [path of the reference, path of the frame]. With --nudge every value of a frame is moved to the
next float32. Needs the edge install and nothing else.
"""

import functools
import hashlib
import importlib.metadata
import json
import platform
import sys

import numpy as np
from ai_edge_litert.interpreter import OpResolverType

from edge_demo import matcher as edge_matcher
from edge_demo.preprocess import frame_to_input, read_picture, reference_to_input

PACKAGES = ("numpy", "opencv-python", "ai-edge-litert")
PLAIN = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES


def measure(matcher, pairs, nudge=False):
    """Everything of every pair: dict of arrays (N, ...); `nudge` moves every frame's values by one rounding."""
    described, rows = {}, []
    for number, (reference_path, frame_path) in enumerate(pairs):
        if reference_path not in described:
            picture = read_picture(reference_path)
            seen = digest(reference_to_input(picture, matcher.metadata))
            described[reference_path] = (seen, matcher.describe(picture, "reference"))
        seen, reference = described[reference_path]
        image = frame_to_input(read_picture(frame_path), matcher.metadata)
        if nudge:
            image = np.nextafter(image, np.float32(2))
        theta, embedding = matcher.find_array(image[0], reference)
        rows.append(
            {
                "reference_input": seen,
                "frame_input": digest(image),
                "reference_embedding": reference.embedding,
                "embedding": embedding,
                "theta": np.zeros(0, np.float32) if theta is None else theta,
                "distance": matcher.distance(embedding, reference.embedding),
            }
        )
        if (number + 1) % 20 == 0:
            print(f"{number + 1} of {len(pairs)} pairs", file=sys.stderr, flush=True)
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def digest(array):
    """Stands for an array's bytes."""
    return hashlib.sha256(array.tobytes()).hexdigest()


def main(argv):
    """Measures and writes; returns the exit code."""
    model, pairs, result = argv[:3]
    if "--without-xnnpack" in argv[3:]:
        plain = functools.partial(edge_matcher.Interpreter, experimental_op_resolver_type=PLAIN)
        edge_matcher.Interpreter = plain
    with open(pairs) as file:
        arrays = measure(edge_matcher.Matcher(model), json.load(file), "--nudge" in argv[3:])
    versions = {"Python": platform.python_version(), "machine": platform.machine()}
    versions |= {name: importlib.metadata.version(name) for name in PACKAGES}
    np.savez(result, versions=json.dumps(versions), **arrays)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
