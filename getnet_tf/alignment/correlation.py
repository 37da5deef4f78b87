"""How much every cell of one map looks like every cell of another: from it a regressor tells how the one lies on the other.

Beside `getnet_tf.localisers.correlation`, which asks where a frame looks like a reference at all: there the reference's
cells are averaged to few and nothing is normalized, so that a frame without the thing stays low. Here every cell of A
keeps its place, and each cell of B says where in A it lies, however little it looks like it.
"""

from keras import ops

from getnet_tf.backbones.blocks import LEAST
from getnet_tf.localisers.correlation import unit_cells


def all_pairs_correlation(maps_a, maps_b):
    """The cosines of all pairs of cells, without those below 0, at length 1 over the cells of A.

    c[b, i, j, k] = <f_B(i, j), f_A(k)>, k = y * w + x row by row; then ReLU; then every c[b, i, j] at length 1. The last
    discards what is ambiguous: where many cells of A look alike, none of them says much.

    Args:
        maps_a, maps_b: (B, h, w, D) float.

    Returns:
        (B, h, w, h * w) float32 in [0, 1]; zeros where a cell of B looks like none of A.

    Source: eq. 1 and section 3.2 of Rocco et al. 2017 (arXiv:1703.05593).
    """
    h, w, depth = maps_b.shape[1:]
    cells_a = ops.reshape(unit_cells(maps_a), (-1, maps_a.shape[1] * maps_a.shape[2], depth))
    cells_b = ops.reshape(unit_cells(maps_b), (-1, h * w, depth))
    cosines = ops.relu(ops.matmul(cells_b, ops.transpose(cells_a, (0, 2, 1))))  # (B, h w of B, h w of A)
    length = ops.sqrt(ops.sum(cosines * cosines, axis=-1, keepdims=True) + 1e-12)
    return ops.reshape(cosines / ops.maximum(length, LEAST), (-1, h, w, maps_a.shape[1] * maps_a.shape[2]))
