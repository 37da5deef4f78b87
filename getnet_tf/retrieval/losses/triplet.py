"""The loss of triplets: whatever is the same nearer than whatever is not."""

from keras import ops

from getnet_tf.retrieval.losses.distances import mean_of_active, squared_distances

MARGIN = 0.2


def triplet(embedding, same, margin=MARGIN):
    """The mean, over all (a, p, n) of a batch that cost something, of max(0, d2(a, p) + m - d2(a, n)).

    Args:
        embedding: (B, E) float, of length 1.
        same: (B, B) float, 1 = of one thing, 0 = not; the diagonal does not count.
        margin: m, of squared distances.

    Returns:
        () float, at least 0.

    Source: Schroff et al. 2015 (arXiv:1503.03832), eq. 2; Gordo et al. 2016 (arXiv:1604.01325), section 3.2; differs: all triplets of
    a batch, not those that were mined.
    """
    square = squared_distances(embedding, embedding)
    positive = same * (1.0 - ops.eye(same.shape[0]))
    costs = ops.relu(square[:, :, None] + margin - square[:, None, :])
    return mean_of_active(costs * positive[:, :, None] * (1.0 - same)[:, None, :])
