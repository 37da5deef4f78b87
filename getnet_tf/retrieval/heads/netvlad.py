"""NetVLAD: VLAD with a soft assignment, all of it learned."""

import numpy as np

from getnet_tf.retrieval.unit import unit


def netvlad(maps, xp=np, *, kernel, bias, centres):
    """V_c = sum over cells x of a_c(x) (x - c), a = softmax(w x + b), with x at length 1; each at length 1, all at length 1.

    Args:
        maps: (B, h, w, K) float.
        xp: NumPy or `keras.ops`.
        kernel: w, (K, C).
        bias: b, (C,).
        centres: (C, K).

    Returns:
        (B, 1, C K) float.

    Source: Arandjelovic et al. 2016 (arXiv:1511.07247), eq. 4.
    """
    count, channels = centres.shape
    cells = unit(xp.reshape(maps, (-1, maps.shape[1] * maps.shape[2], channels)), xp)  # (B, N, K)
    logits = xp.matmul(cells, kernel) + bias
    raised = xp.exp(logits - xp.max(logits, axis=-1, keepdims=True))
    share = raised / xp.sum(raised, axis=-1, keepdims=True)  # (B, N, C)
    near = xp.matmul(xp.transpose(share, (0, 2, 1)), cells)  # (B, C, K)
    blocks = near - xp.sum(share, axis=1)[:, :, None] * centres
    return unit(xp.reshape(unit(blocks, xp), (-1, 1, count * channels)), xp)
