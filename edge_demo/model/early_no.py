"""A cheap no, before anything is looked at closely: does a frame's map show anything like the reference?

Two signs are asked, the cheaper one first. "parts": how well each part of the reference is found somewhere on the frame's
coarse map. "heat": how sure the localiser's surest cell is. Where a sign is below its level, the object is not there.
"""

from __future__ import annotations

import numpy as np


def parts_found(cells: np.ndarray, descriptor: np.ndarray) -> float:
    """How well the parts of a reference are found: of each the largest cosine with any cell, on average.

    Args:
        cells: (N, D) of length 1, of the frame's coarse map.
        descriptor: (K, D) of the reference; its second half is of the coarse map.

    Returns:
        float in [-1, 1].
    """
    return float((cells @ descriptor[len(descriptor) // 2 :].T).max(axis=0).mean())
