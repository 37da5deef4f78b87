"""What `raspberry_pi.py` runs on both machines: the edge on pairs of pictures, its numbers into a file.

    python raspberry_pi_runner.py MODEL PAIRS.json RESULT.npz [--nudge] [--without-xnnpack]

PAIRS.json is a list of [path of the reference, path of the frame]. With --nudge every value of the network's image is
moved to the next float32. Needs the edge install and nothing else. What an earlier run of the same model, code and options
wrote to RESULT.npz is kept, and only further pairs are run.
"""

import functools
import hashlib
import importlib.metadata
import json
import os
import pathlib
import platform
import resource
import sys

import numpy as np
from ai_edge_litert.interpreter import OpResolverType

from edge_demo.model import matcher as edge_matcher
from edge_demo.model import search
from edge_demo.model.preprocess import frame_to_input, read_picture, reference_to_input

PACKAGES = ("numpy", "opencv-python", "ai-edge-litert")
PLAIN = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
SAVED_EVERY = 5  # pairs: a minute or more where the processor is emulated


class Run:
    """A model, and the references that it has described so far."""

    def __init__(self, matcher):
        self.matcher = matcher
        self._described = {}

    def row(self, reference_path, frame_path):
        """Everything of one pair."""
        metadata = self.matcher.metadata
        if reference_path not in self._described:
            picture = read_picture(reference_path)
            seen = digest(reference_to_input(picture, metadata).tobytes())
            self._described[reference_path] = (seen, self.matcher.describe(picture, "reference"))
        seen, reference = self._described[reference_path]
        frame = read_picture(frame_path)
        found = self.matcher.find(frame, reference)
        return {
            "pair": (reference_path, frame_path),
            "reference_input": seen,
            "frame_input": digest(frame_to_input(frame, metadata).tobytes()),
            "reference_embedding": reference.embedding,
            "embedding": found.embedding,
            "theta": np.zeros(0, np.float32) if found.theta is None else found.theta,
            "distance": self.matcher.distance(found.embedding, reference.embedding),
        }


def nudged(frame, metadata):
    """`frame_to_input`, and every value moved to the next float32."""
    return np.nextafter(frame_to_input(frame, metadata), np.float32(2))


def digest(content):
    """Stands for some bytes."""
    return hashlib.sha256(content).hexdigest()


def circumstances(model, options):
    """What results depend on besides the pair: JSON of versions, and a digest of model, code and options."""
    sources = sorted(pathlib.Path(edge_matcher.__file__).parent.glob("*.py"))
    content = b"".join(pathlib.Path(path).read_bytes() for path in (model, *sources, __file__))
    versions = {"Python": platform.python_version(), "machine": platform.machine()}
    versions |= {name: importlib.metadata.version(name) for name in PACKAGES}
    return json.dumps({"versions": versions, "digest": digest(content + " ".join(options).encode())})


def kept(result, known, pairs):
    """Rows and peak memory, in kB, of an earlier run, as far as it had the same pairs."""
    if not result.exists():
        return [], 0
    with np.load(result) as file:
        arrays = dict(file)
    if str(arrays.pop("circumstances")) != known:
        return [], 0
    peak_kb = int(arrays.pop("peak_kb"))
    rows = [dict(zip(arrays, row, strict=True)) for row in zip(*arrays.values(), strict=True)]
    same = [tuple(row["pair"]) == tuple(pair) for row, pair in zip(rows, pairs, strict=False)]
    return rows[: same.index(False) if False in same else len(same)], peak_kb


def save(result, known, rows, peak_kb):
    """Writes a file beside, then renames it."""
    peak_kb = max(peak_kb, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    partial = result.with_name(f"partial-{result.name}")
    arrays = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    np.savez(partial, circumstances=known, peak_kb=peak_kb, **arrays)
    os.replace(partial, result)


def main(argv):
    """Measures and writes; returns the exit code."""
    model, pairs, result, *options = argv
    pairs, result = json.loads(pathlib.Path(pairs).read_text()), pathlib.Path(result)
    known = circumstances(model, options)
    rows, peak_kb = kept(result, known, pairs)
    if "--without-xnnpack" in options:
        plain = functools.partial(edge_matcher.Interpreter, experimental_op_resolver_type=PLAIN)
        edge_matcher.Interpreter = plain
    if "--nudge" in options:
        search.frame_to_input = nudged
    run = Run(edge_matcher.Matcher(model, kinds=True))
    for number, pair in enumerate(pairs[len(rows) :], start=len(rows) + 1):
        rows.append(run.row(*pair))
        if number % SAVED_EVERY == 0:
            save(result, known, rows, peak_kb)
            print(f"{number} of {len(pairs)} pairs", flush=True)
    save(result, known, rows, peak_kb)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
