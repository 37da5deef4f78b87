"""The localiser on a pretrained backbone's maps: where to look out, from similarities or from what stands out.

Every cell guesses a box around itself, and says how sure it is; the target area is the average guess. Cells see only
their neighbourhood, so a moved object moves its box by construction. `guided`, the cells see how similar they are to
the parts of the reference, hardly what they show, so that what was learned on some kinds of objects holds for others.
`salient`, they see their own features: the paper's localiser, for which the object is whatever stands out.
"""

import keras
from keras import ops

from getnet_tf import geometry
from getnet_tf.blocks import conv_bn_relu

WIDTH = 64  # channels of the localiser's layers


def build_map_localiser(channels, keras=keras):
    """The convolutional part, a flat model that quantizes whole.

    Args:
        channels: C of what the cells see.
        keras: the Keras namespace to build with.

    Returns:
        Model: cells (B, h, w, C) float -> [heat (B, h, w, 1): logits of how sure a cell is; edges (B, h, w, 4): how far
        left, up, right and down of the cell's centre the box ends, in cells].
    """
    x = cells = keras.layers.Input((None, None, channels), name="cells")
    for _ in range(5):  # until a cell sees 11 x 11 cells: the largest object's middle sees its ends
        x = conv_bn_relu(x, WIDTH, 3, 1, keras)
    small = keras.initializers.RandomNormal(stddev=0.02, seed=7)
    heat = keras.layers.Conv2D(1, 1, kernel_initializer=small, name="heat")(x)
    start = keras.initializers.Constant(3.0)
    edges = keras.layers.Conv2D(4, 1, kernel_initializer=small, bias_initializer=start, name="edges")(x)
    return keras.Model(cells, [heat, edges], name="localiser")


def box_from_cells(heat, edges):
    """The average of the cells' boxes, each weighted by how sure its cell is.

    Args:
        heat: (B, h, w, 1) float, logits.
        edges: (B, h, w, 4) float, in cells.

    Returns:
        (B, 4) float32, (xmin, ymin, xmax, ymax) as shares of the frame's width and height, and the weights
        (B, h, w) float32, which sum to 1.
    """
    h, w = heat.shape[1:3]
    logits = ops.reshape(ops.cast(heat, "float32"), (-1, h * w))
    # A softmax, but divided by its sum at the end: TFLite knows the usual spelling, and its 8-bit softmax rounds every
    # weight to 1/256, more than the share of a cell.
    sure = ops.exp(logits - ops.max(logits, axis=-1, keepdims=True))[:, None, :]  # (B, 1, h w)
    total = ops.sum(sure, axis=-1)  # (B, 1)
    x, y = ops.arange(w, dtype="float32") + 0.5, ops.arange(h, dtype="float32") + 0.5
    centre = ops.reshape(ops.stack(ops.meshgrid(x, y, indexing="xy"), axis=-1), (h * w, 2))
    # Edges and centres are averaged apart: one small product each, and no map of boxes in between.
    edges = ops.matmul(sure, ops.reshape(ops.cast(edges, "float32"), (-1, h * w, 4)))[:, 0] / total
    centre = ops.matmul(sure, centre[None])[:, 0] / total
    low, high = centre - edges[:, :2], centre + edges[:, 2:]
    cells = ops.convert_to_tensor([w, h], dtype="float32")
    box = ops.concatenate([low / cells, high / cells], axis=-1)
    return box, ops.reshape(sure[:, 0] / total, (-1, h, w))


def theta_from_box(box, kind, image_hw):
    """The theta that looks at a box.

    Args:
        box: (B, 4) float, as `box_from_cells` gives it.
        kind: "box", or "attention": the same area in the shape of the image.
        image_hw: (H, W) of the image, pixels.

    Returns:
        (B, P) float.
    """
    height, width = image_hw
    theta = geometry.box_theta_from_boxes(
        box * ops.convert_to_tensor([width, height] * 2, "float32"), image_hw
    )
    # A target area has a width and a height, however the edges were guessed.
    scale, shift = ops.maximum(theta[:, :2], 0.01), theta[:, 2:]
    if kind == "attention":
        scale = ops.sqrt(scale[:, :1] * scale[:, 1:])
    return ops.concatenate([scale, shift], axis=-1)
