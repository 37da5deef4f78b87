"""Of several places that were looked at, the one: that is surest, and most like what is wanted."""

from keras import ops

from edge_demo.model.geometry import areas
from getnet_tf.backbones.blocks import LEAST
from getnet_tf.backbones.encoder import unit_length
from getnet_tf.localisers.map_localiser import boxes_of_modes, largest

TRUST = 16.0  # how many e-foldings of being sure a distance of 1 outweighs; chosen on scenes of validation classes
# A target area that fills half the frame is described as much by the frame: what nearly fills a picture is known best
# from all of it, while of a small object the frame says nothing. Chosen on validation pictures.
CONTEXT = 4.0


def likeliest_place(heat, edges, places, wanted, whole, theta_of_box, look):
    """Looks at the surest places, and stays with the one that is surest and most like what is wanted.

    The larger a target area, the more of the whole frame is in its embedding, see `CONTEXT`.

    Args:
        heat, edges: of a localiser on maps.
        places: how many to look at; without anything wanted the surest of them counts.
        wanted: (B, E) embedding of the reference, or None.
        whole: (B, E) embedding of the whole frame.
        theta_of_box: function boxes (M, 4), shares of the frame -> theta (M, P).
        look: function theta (B `places`, P) -> embeddings (B `places`, E) of the target areas, those of one frame in a row.

    Returns:
        theta (B, P), embedding (B, E).
    """
    boxes, sure = boxes_of_modes(heat, edges, places)
    theta = theta_of_box(ops.reshape(boxes, (-1, 4)))
    embedding = look(theta)
    theta, embedding = (ops.reshape(x, (-1, places, x.shape[-1])) for x in (theta, embedding))
    area = areas(boxes, ops)
    embedding = unit_length(embedding + CONTEXT * area * area * ops.expand_dims(whole, 1))
    if wanted is None:
        return theta[:, 0], embedding[:, 0]
    gap = embedding - ops.expand_dims(wanted, 1)
    rank = ops.log(sure + LEAST) - TRUST * ops.sqrt(ops.sum(gap * gap, axis=-1) + LEAST)
    best = largest(rank)
    best = ops.expand_dims(best / ops.sum(best, axis=-1, keepdims=True), 1)
    return (ops.reshape(ops.matmul(best, x), (-1, x.shape[-1])) for x in (theta, embedding))
