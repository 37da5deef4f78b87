"""The losses: pair labels in, one number out."""

from keras import ops


def euclidean_distance(embedding0, embedding1):
    """d = ||a - b||, eq. 9.

    Args:
        embedding0, embedding1: (B, E) float.

    Returns:
        (B,) float. The square root is taken of at least 1e-12, since its gradient at 0 is infinite; so identical
        embeddings have distance 1e-6 instead of 0.

    Source: GetNet eq. 9.
    """
    square = ops.sum(ops.square(embedding0 - embedding1), axis=-1)
    return ops.sqrt(ops.maximum(square, 1e-12))


def contrastive_loss(label, distance, margin=1.0):
    """L = 1/(2N) sum[y d^2 + (1 - y) max(margin - d, 0)^2], eq. 8.

    Args:
        label: (B,) float, 1 = same, 0 = different.
        distance: (B,) float, eq. 9.
        margin: distance beyond which a different pair costs nothing. With embeddings of length 1, at most 2.

    Returns:
        () float, at least 0; 0 if every same pair has distance 0 and every different pair at least `margin`.

    Source: GetNet eq. 8; Hadsell, Chopra, LeCun 2006.
    """
    same = label * ops.square(distance)
    different = (1.0 - label) * ops.square(ops.relu(margin - distance))
    return ops.mean(same + different) / 2.0


def joined_loss(label, logit):
    """Binary cross-entropy of the joined-vector decision (III-B, Fig. 2).

    Args:
        label: (B,) float, 1 = same, 0 = different.
        logit: (B,) float, above 0 for "same".

    Returns:
        () float, at least 0.

    Source: GetNet III-B; the paper gives no loss for this head, this is the usual one.
    """
    # log(1 + exp(-z)) for "same" and log(1 + exp(z)) for "different".
    return ops.mean(ops.softplus(ops.where(label > 0.5, -logit, logit)))


def area_loss(boxes_px, image_hw):
    """The scale prior: the mean target area as a share of the image.

    Nothing in the pair loss makes the target area tight: a wide one shows the object too. This makes looking at less
    a little cheaper than looking at more.

    Args:
        boxes_px: (B, 4) float, target areas in pixels.
        image_hw: (H, W) of the image, pixels.

    Returns:
        () float, at least 0; 1 for the identity.
    """
    width, height = boxes_px[:, 2] - boxes_px[:, 0], boxes_px[:, 3] - boxes_px[:, 1]
    return ops.mean(width * height) / (image_hw[0] * image_hw[1])
