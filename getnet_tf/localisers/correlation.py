"""Where a frame looks like the reference: cosines between the cells of its maps and those of the reference's.

Averages of the reference's cells, nothing normalized: the question is where. How the thing lies there is told from all
pairs of cells, by `getnet_tf.alignment.correlation`.
"""

from keras import ops

from getnet_tf.backbones.blocks import LEAST


def unit_cells(feature_map):
    """Every cell's features at length 1: (B, h, w, D) -> (B, h, w, D) float32; a cell of zeros stays zero."""
    feature_map = ops.cast(feature_map, "float32")
    # Spelled as in `encoder.unit_length`.
    length = ops.sqrt(ops.sum(feature_map * feature_map, axis=-1, keepdims=True) + 1e-12)
    return feature_map / ops.maximum(length, LEAST)


def descriptor_of(feature_map, cells):
    """What to look for: the reference's average, and its `cells` x `cells` parts.

    Args:
        feature_map: (B, h, w, D) float, of the reference; h and w are multiples of `cells`.
        cells: parts per side.

    Returns:
        (B, K, D) float32 with K = 1 + cells ** 2, each vector of length 1: the average of all cells first, then the
        parts row by row.

    Raises:
        ValueError: if h or w is no multiple of `cells`.
    """
    h, w, depth = feature_map.shape[1:]
    if h % cells or w % cells:
        raise ValueError(
            f"Invalid `cells`. Expected a divisor of the feature map's {h} x {w}. Received: {cells=}."
        )
    # Cells at length 1 before they are averaged: loud cells must not speak for the whole.
    unit = unit_cells(feature_map)
    parts = ops.reshape(unit, (-1, cells, h // cells, cells, w // cells, depth))
    parts = ops.reshape(ops.mean(parts, axis=(2, 4)), (-1, cells * cells, depth))
    descriptor = ops.concatenate([ops.mean(parts, axis=1, keepdims=True), parts], axis=1)
    return unit_cells(descriptor[:, None])[:, 0]


def correlation(feature_map, descriptor):
    """The cosine of every cell of a frame with every vector of a reference.

    Args:
        feature_map: (B, h, w, D) float, of the frame.
        descriptor: (B, K, D) float32 of `descriptor_of`.

    Returns:
        (B, h, w, K) float32 in [-1, 1].

    Source: the correlation layer of Rocco et al. 2017 (arXiv:1703.05593), seen from the reference; differs: the
        reference's cells are averaged to few, and nothing is normalized over the frame, so that a frame without the
        object stays low.
    """
    h, w, depth = feature_map.shape[1:]
    cells = ops.reshape(unit_cells(feature_map), (-1, h * w, depth))
    cosines = ops.matmul(cells, ops.transpose(descriptor, (0, 2, 1)))  # (B, h w, K)
    return ops.reshape(cosines, (-1, h, w, descriptor.shape[1]))


def two_scale_correlation(fine, coarse, descriptor):
    """The cosines of both maps of a frame, on the cells of the finer one.

    Args:
        fine: (B, h, w, D) float. It knows where a thing ends.
        coarse: (B, h', w', D) float. It knows what the thing is.
        descriptor: (B, 2 K, D) float32: `descriptor_of` the reference's fine map, then of its coarse map.

    Returns:
        (B, h, w, 2 K) float32.
    """
    count = descriptor.shape[1] // 2
    cosines = correlation(coarse, descriptor[:, count:])
    cosines = ops.image.resize(cosines, fine.shape[1:3], interpolation="bilinear")
    return ops.concatenate([correlation(fine, descriptor[:, :count]), cosines], axis=-1)
