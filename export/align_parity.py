"""Does an aligner's file compute what was trained? The same pairs through both, on the camera program's own path."""

import dataclasses

import numpy as np

from edge_demo.model.alignment.ways import WAYS, carried

# Where a file is in float the two compute the same.
FLOAT_COSINE, FLOAT_DISTANCE = 0.9999, 0.001
# 8 bits: a fifth of what PCK@0.1 forgives, which is 0.2 of a side that is 2. Trained aligners have 0.99 and 0.01.
INT8_COSINE, INT8_DISTANCE = 0.97, 0.04
# How much further from float the file may be than its emulation, as of `parity.stays_as_close`: a layer converted wrongly brings
# it away. A median, as of two turns that fit nearly as well rounding may choose the other one.
RATIO, ROOM = 1.5, 0.005
GRID = np.stack(np.meshgrid(*(np.linspace(-1, 1, 9),) * 2), axis=-1).reshape(-1, 2)  # points of B, normalized


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How a file agrees with its network on pairs. Distances are those of where the two carry a point of B to, 2 is A's side."""

    pairs: int
    maps_cosine: float  # of the cells of what is compared, mean
    distance: dict  # way -> median over pairs of the mean distance
    distance_p90: dict  # way -> 90th percentile
    same_verdict: float  # share of pairs of whose fit both say the same

    def __str__(self):
        ways = ", ".join(f"{way} {self.distance[way]:.4f} (p90 {self.distance_p90[way]:.4f})" for way in WAYS)
        return f"maps cosine {self.maps_cosine:.5f}, distances {ways}, same verdict {self.same_verdict:.3f}, {self.pairs} pairs"


def found_by(aligner, pairs):
    """What an aligner finds of pairs.

    Args:
        aligner: the edge's `Aligner` of a file, or `Twin` of a network.
        pairs: iterable of (A, B), each (H, W, 3) uint8, BGR.

    Returns:
        list of dicts: "maps" (8, h, w, D) float32 of A's turns; "points", way -> (N, 2), where it carries `GRID`; "fits".
    """
    found = []
    for picture_a, picture_b in pairs:
        shape = aligner.shape(picture_a)
        laid = {way: aligner.laid(shape, picture_b, way) for way in WAYS}
        points = {way: carried(one.placement.thetas, way, GRID) for way, one in laid.items()}
        fits = laid["cascade"].confidence > 0
        found.append({"maps": aligner.floats(shape.turns), "points": points, "fits": fits})
    return found


def agreement(found0, found1):
    """Compares two results of `found_by`."""
    both = list(zip(found0, found1, strict=True))
    distance = {
        way: [np.linalg.norm(a["points"][way] - b["points"][way], axis=-1).mean() for a, b in both]
        for way in WAYS
    }
    return Agreement(
        pairs=len(both),
        maps_cosine=float(np.mean([_cosine(a["maps"], b["maps"]) for a, b in both])),
        distance={way: float(np.median(own)) for way, own in distance.items()},
        distance_p90={way: float(np.percentile(own, 90)) for way, own in distance.items()},
        same_verdict=float(np.mean([a["fits"] == b["fits"] for a, b in both])),
    )


def _cosine(maps0, maps1):
    lengths = np.linalg.norm(maps0, axis=-1) * np.linalg.norm(maps1, axis=-1)
    return np.mean(np.sum(maps0 * maps1, axis=-1) / np.maximum(lengths, 1e-9))


def refusal(file, fake=None):
    """Why a file must not be written, or None.

    Args:
        file: `Agreement` of the file with the network in float.
        fake: that of its emulation, of a file in 8 bits.
    """
    cosine, distance = (FLOAT_COSINE, FLOAT_DISTANCE) if fake is None else (INT8_COSINE, INT8_DISTANCE)
    if file.maps_cosine < cosine:
        return f"expected a cosine of the maps of at least {cosine}, received {file.maps_cosine:.4f}"
    for way, far in file.distance.items():
        if not far <= distance:
            return f"expected {way} within {distance} (median, 2 is a picture's side), received {far:.4f}"
        if fake is not None and far > RATIO * fake.distance[way] + ROOM:
            return f"{way} is further from float than its emulation: {fake.distance[way]:.4f} there, {far:.4f} here (medians)"
    return None
