"""What tells whether two pictures are the same: an exact hash of the pixels, and a coarse look that survives saving
again, resizing and small changes of brightness.
"""

import concurrent.futures
import dataclasses
import hashlib

import cv2
import numpy as np

from getnet_tf.data.picture import read_rgb

HASH_HW = (8, 9)  # of the difference hash: 8 rows of 8 differences
LOOK_HW = (16, 16)
NEAR_BITS = 8  # of 64 that may differ
NEAR_LEVELS = 12.0  # grey levels of 255: mean absolute difference of the looks
BLOCK = 512  # rows of the comparison at a time: its memory, not its result


@dataclasses.dataclass(frozen=True, eq=False)
class Fingerprints:
    """Of N pictures."""

    exact: tuple[bytes, ...]  # equal for equal decoded pixels, whatever the file format
    difference_hash: np.ndarray  # (N,) uint64, see `difference_hash`
    look: np.ndarray  # (N, 16, 16, 3) uint8, the picture stretched


def fingerprints(paths):
    """Decodes pictures, in parallel -> `Fingerprints`. Raises InputError for one that cannot be read."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        drawn = list(pool.map(_fingerprint, paths))
    exact, hashes, looks = zip(*drawn, strict=True) if drawn else ((), (), ())
    look = np.array(looks, np.uint8).reshape(-1, *LOOK_HW, 3)
    return Fingerprints(tuple(exact), np.array(hashes, np.uint64), look)


def _fingerprint(path):
    picture = read_rgb(path)
    exact = hashlib.blake2b(repr(picture.shape).encode() + picture.tobytes(), digest_size=16).digest()
    look = cv2.resize(picture, LOOK_HW[::-1], interpolation=cv2.INTER_AREA)
    return exact, difference_hash(picture), look


def difference_hash(picture):
    """64 bits, each whether a cell is brighter than its left neighbour: (H, W, 3) uint8 RGB -> uint64.

    Source: "dHash", N. Krawetz 2013, hackerfactor.com, "Kind of like that".
    """
    small = cv2.cvtColor(cv2.resize(picture, HASH_HW[::-1], interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    bits = small[:, 1:] > small[:, :-1]
    return np.packbits(bits).view(">u8")[0].astype(np.uint64)


def near_pairs(one, other):
    """Pairs of pictures that look alike: hashes within 8 of 64 bits, and looks within 12 grey levels on average.

    Both must agree: hashes alone would take all pictures on a plain background for the same.

    Args:
        one, other: `Fingerprints` of N and M pictures.

    Returns:
        (P, 2) int, places in `one` and in `other`, sorted. Time grows with N times M (10,000 each: some seconds).
    """
    found = [np.empty((0, 2), np.int64)]
    for start in range(0, len(one.exact), BLOCK):
        differing = one.difference_hash[start : start + BLOCK, None] ^ other.difference_hash[None]
        i, j = np.nonzero(np.bitwise_count(differing) <= NEAR_BITS)
        i = i + start
        for few in np.array_split(np.arange(len(i)), len(i) // BLOCK + 1):
            levels = np.abs(one.look[i[few]].astype(np.int16) - other.look[j[few]]).mean(axis=(1, 2, 3))
            near = few[levels <= NEAR_LEVELS]
            found.append(np.stack([i[near], j[near]], axis=1))
    return np.concatenate(found)
