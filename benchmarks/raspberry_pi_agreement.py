"""How far two machines are apart that got the same pictures, and whether that is near enough."""

import numpy as np

MIN_COSINE, MAX_THETA, NEAR_THRESHOLD = 0.9999, 0.002, 0.01


def compare(here, there, threshold):
    """How far two machines' results for the same pairs are apart.

    Args:
        here, there: dicts of arrays, as `raspberry_pi_runner.measure` returns them.
        threshold: of the model.

    Returns:
        dict: `pairs`; `reference_cosine` and `frame_cosine`, the least, and `median_frame_cosine`; `theta`, the
        greatest difference, and `moved`, the pairs beyond the target, where another place was chosen; `placed_theta` and
        `placed_cosine`, the same of all others; `inputs_equal`; `decisions_differ`, a list of dicts with `pair`, both
        distances and whether both are `near` the threshold.
    """
    cosines = _cosines(here["embedding"], there["embedding"])
    theta = np.abs(here["theta"] - there["theta"]).max(axis=1, initial=0.0)
    placed = theta <= MAX_THETA
    both = np.stack([here["distance"], there["distance"]], axis=1)
    near = (np.abs(both - threshold) <= NEAR_THRESHOLD * threshold).all(axis=1)
    differ = np.flatnonzero((both[:, 0] <= threshold) != (both[:, 1] <= threshold))
    return {
        "pairs": len(both),
        "inputs_equal": bool(
            all((here[name] == there[name]).all() for name in ("reference_input", "frame_input"))
        ),
        "reference_cosine": float(_cosines(here["reference_embedding"], there["reference_embedding"]).min()),
        "frame_cosine": float(cosines.min()),
        "median_frame_cosine": float(np.median(cosines)),
        "theta": float(theta.max()),
        "moved": np.flatnonzero(~placed).tolist(),
        "placed_theta": float(theta[placed].max(initial=0.0)),
        "placed_cosine": float(cosines[placed].min(initial=1.0)),
        "distance": float(np.abs(both[:, 0] - both[:, 1]).max()),
        "decisions_differ": [
            {"pair": int(i), "here": float(both[i, 0]), "there": float(both[i, 1]), "near": bool(near[i])}
            for i in differ
        ],
    }


def _cosines(vectors0, vectors1):
    """Of rows (N, E), in double precision: float32 could not tell 0.9999999 from 1."""
    vectors0, vectors1 = vectors0.astype(np.float64), vectors1.astype(np.float64)
    lengths = np.linalg.norm(vectors0, axis=1) * np.linalg.norm(vectors1, axis=1)
    return (vectors0 * vectors1).sum(axis=1) / lengths


def missed(agreement):
    """Names of the targets that a comparison misses."""
    targets = {
        "equal inputs": agreement["inputs_equal"],
        "cosine of references": agreement["reference_cosine"] >= MIN_COSINE,
        "cosine of frames": agreement["frame_cosine"] >= MIN_COSINE,
        "theta": agreement["theta"] <= MAX_THETA,
        "decisions": all(item["near"] for item in agreement["decisions_differ"]),
    }
    return [name for name, met in targets.items() if not met]


def compare_demo(here, there):
    """Frames, matches and boxes of two headless runs over the same pictures."""
    objects = [[item for line in run["lines"] for item in line["objects"]] for run in (here, there)]
    # Of what both looked at: what is not there at first sight has no box.
    boxes = [(a["box_px"], b["box_px"]) for a, b in zip(*objects, strict=True) if a["box_px"] and b["box_px"]]
    return {
        "frames": [len(here["lines"]), len(there["lines"])],
        "matches": [sum(item["match"] for item in items) for items in objects],
        "same_decisions": [item["match"] for item in objects[0]] == [item["match"] for item in objects[1]],
        "box_px": max((float(np.abs(np.subtract(*pair)).max()) for pair in boxes), default=0.0),
    }
