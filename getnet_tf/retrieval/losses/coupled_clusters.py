"""The loss of coupled clusters: every positive nearer to the middle of all of them than the nearest stranger is."""

from keras import ops

from getnet_tf.retrieval.losses.distances import mean_of_active, squared_distances

MARGIN = 0.2
FAR = 1e6  # in the place of what is no stranger


def coupled_clusters(embedding, same, margin=MARGIN):
    """The mean, over all i of a batch that cost something, of 1/2 max(0, d2(f_i, c) + m - d2(f*, c)).

    c is the mean of all that is the same as i, i among them, and f* the stranger nearest to c.

    Args:
        embedding: (B, E) float, of length 1.
        same: (B, B) float, 1 = of one thing, 0 = not; 1 on the diagonal.
        margin: m, of squared distances.

    Returns:
        () float, at least 0.

    Source: Liu et al. 2016, "Deep relative distance learning", eq. 3-4.
    """
    centre = ops.matmul(same, embedding) / ops.sum(
        same, axis=1, keepdims=True
    )  # (B, E), of each one's own kind
    square = squared_distances(centre, embedding)  # (B, B)
    own = ops.sum(square * ops.eye(same.shape[0]), axis=1)
    nearest = ops.min(square + FAR * same, axis=1)
    return mean_of_active(ops.relu(own + margin - nearest)) / 2.0
