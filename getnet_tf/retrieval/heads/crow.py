"""CroW: cells count by how much answers there at all, channels by how rarely they answer."""

import numpy as np

LEAST = 1e-6  # keeps divisors from 0


def crow(maps, xp=np):
    """f_k = v_k sum over (x, y) of s(x, y) X_k(x, y).

    s = sqrt(S / ||S||) with S the sum of all channels; v_k = log(sum of all Q / Q_k) with Q the share of cells that are not 0. A
    channel that is 0 everywhere stays so.

    Args:
        maps: (B, h, w, K) float, none below 0.
        xp: NumPy or `keras.ops`.

    Returns:
        (B, 1, K) float.

    Source: Kalantidis, Mellina, Osindero 2016 (arXiv:1512.04065), section 3; the root of S / ||S|| is their a = 2, b = 2.
    """
    total = xp.sum(maps, axis=-1, keepdims=True)  # (B, h, w, 1)
    length = xp.sqrt(xp.maximum(xp.sum(total * total, axis=(1, 2), keepdims=True), LEAST))
    weighed = xp.sum(maps * xp.sqrt(total / length), axis=(1, 2))  # (B, K)
    share = xp.mean(xp.sign(maps), axis=(1, 2))
    rarity = xp.log(xp.sum(share, axis=-1, keepdims=True) + LEAST) - xp.log(share + LEAST)
    return (weighed * rarity)[:, None]
