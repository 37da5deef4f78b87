"""The losses: pair labels in, one number out."""

from keras import ops

from edge_demo.model.geometry import overlaps


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


def batch_contrastive_loss(embedding, label, known, margin=1.0, slack=0.0):
    """Eq. 8 over all pairs of a batch at once, with slack: the mean over the same pairs and over the different pairs
    that are not yet where they should be.

    Pairs on the right side cost nothing; counted among the others they would only weaken them, the more of them the
    further the training is. Slack leaves alike what was alike enough: a pretrained encoder that is told to make all
    pictures of a kind equal forgets what it knew of other kinds.

    Args:
        embedding: (B, E) float, of length 1.
        label: (B, B) float, 1 = same, 0 = different.
        known: (B, B) float, 1 where the label is known and the pair is to count; 0 on the diagonal.
        margin: as of `contrastive_loss`.
        slack: distance up to which a same pair costs nothing.

    Returns:
        () float, at least 0. The squares are not halved, and what no pair is known of costs nothing.

    Source: GetNet eq. 8; differs: all pairs of the batch, balanced; two margins as in Lin et al. 2015
        (arXiv:1501.07873).
    """
    square = ops.maximum(2.0 - 2.0 * ops.matmul(embedding, ops.transpose(embedding)), 1e-6)
    distance = ops.sqrt(square)
    rows = ops.cast(ops.shape(embedding)[0], "float32")

    def mean(weight, excess):
        active = ops.sum(weight * ops.cast(excess > 0, "float32"))
        # A last few pairs should not count like a hundred: as many as there are rows, or pairs if these are fewer.
        active = ops.maximum(active, ops.minimum(rows, ops.sum(weight)))
        return ops.sum(weight * ops.square(excess)) / ops.maximum(active, 1.0)

    return mean(label * known, ops.relu(distance - slack)) + mean(
        (1.0 - label) * known, ops.relu(margin - distance)
    )


def locating_loss(box, weight, true_box):
    """How far a localiser on maps is off: the box's edges and overlap, and how sure it is of cells outside the object.

    Args:
        box: (B, 4) float, and weight: (B, h, w) float, as `map_localiser.box_from_cells` gives them.
        true_box: (B, 4) float, shares of the frame; all zeros where there is none, which then costs nothing.

    Returns:
        loss () float, and IoU (B,) float.
    """
    there = ops.cast(true_box[:, 2] > true_box[:, 0], "float32")
    overlap = overlaps(box, true_box, ops)[:, 0]
    h, w = weight.shape[1:]
    x, y = (ops.arange(w, dtype="float32") + 0.5) / w, (ops.arange(h, dtype="float32") + 0.5) / h
    xmin, ymin, xmax, ymax = ops.split(true_box[:, :, None], 4, axis=1)  # each (B, 1, 1)
    across = ops.cast((x > xmin) & (x < xmax), "float32")  # (B, 1, w)
    down = ops.cast((y > ymin) & (y < ymax), "float32")  # (B, 1, h)
    inside = ops.sum(weight * across * ops.transpose(down, (0, 2, 1)), axis=(1, 2))
    each = 5.0 * ops.mean(ops.abs(box - true_box), axis=-1) + (1.0 - overlap) - 0.3 * ops.log(inside + 1e-6)
    return ops.sum(there * each) / ops.maximum(ops.sum(there), 1.0), overlap


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
