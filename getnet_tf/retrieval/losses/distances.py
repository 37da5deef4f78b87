"""Squared distances, and the mean of what is not yet where it should be."""

from keras import ops


def squared_distances(points0, points1):
    """(N, E) and (M, E) float -> (N, M) float, at least 0. Close pairs lose digits to cancellation; losses don't mind."""
    square = ops.sum(points0 * points0, axis=1)[:, None] + ops.sum(points1 * points1, axis=1)
    return ops.relu(square - 2 * ops.matmul(points0, ops.transpose(points1)))


def mean_of_active(costs):
    """The mean of the costs above 0, 0 if there are none: counted among the others they would weaken as a training goes on."""
    return ops.sum(costs) / ops.maximum(ops.sum(ops.cast(costs > 0, "float32")), 1.0)
