"""The loss of weak labels: of what may be the same, at least the nearest is nearer than whatever is surely not."""

from keras import ops

from getnet_tf.retrieval.losses.distances import mean_of_active, squared_distances

MARGIN = 0.1
FAR = 1e6  # in the place of what cannot be the same


def weak_triplet(embedding, same, margin=MARGIN):
    """The mean, over all (q, n) of a batch that cost something, of max(0, min over p of d2(q, p) + m - d2(q, n)).

    Args:
        embedding: (B, E) float, of length 1.
        same: (B, B) float, 1 = may be of one thing, 0 = surely not; the diagonal does not count.
        margin: m, of squared distances.

    Returns:
        () float, at least 0.

    Source: Arandjelovic et al. 2016 (arXiv:1511.07247), eq. 7.
    """
    square = squared_distances(embedding, embedding)
    possible = same * (1.0 - ops.eye(same.shape[0]))
    nearest = ops.min(square + FAR * (1.0 - possible), axis=1, keepdims=True)  # (B, 1)
    costs = ops.relu(nearest + margin - square) * (1.0 - same)
    return mean_of_active(ops.where(nearest < FAR / 2, costs, 0.0))
