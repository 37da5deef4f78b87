"""The loss of pairs: the same ones together, the others at least a margin apart."""

from keras import ops

from getnet_tf.training.losses import batch_contrastive_loss

MARGIN = 1.0


def contrastive(embedding, same, margin=MARGIN):
    """Eq. 8 of GetNet over all pairs of a batch, see `batch_contrastive_loss`.

    Args:
        embedding: (B, E) float, of length 1.
        same: (B, B) float, 1 = of one thing, 0 = not; the diagonal does not count.
        margin: distance from which on a different pair costs nothing.

    Returns:
        () float, at least 0.
    """
    return batch_contrastive_loss(embedding, same, 1.0 - ops.eye(same.shape[0]), margin)
