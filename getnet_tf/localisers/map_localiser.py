"""The localiser on a pretrained backbone's maps: where to look out, from similarities or from what stands out.

Every cell guesses a box around itself, and says how sure it is; the target area is the average guess. Cells see only
their neighbourhood, so a moved object moves its box by construction. `guided`, the cells see how similar they are to
the parts of the reference, hardly what they show, so that what was learned on some kinds of objects holds for others.
`salient`, they see their own features: the paper's localiser, for which the object is whatever stands out.
"""

import keras
from keras import ops

from edge_demo.model.geometry import overlaps
from edge_demo.model.thetas import kind_named
from getnet_tf import geometry
from getnet_tf.backbones.blocks import LEAST, conv_bn_relu

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
    centre = _centres(h, w)
    # Edges and centres are averaged apart: one small product each, and no map of boxes in between.
    edges = ops.matmul(sure, ops.reshape(ops.cast(edges, "float32"), (-1, h * w, 4)))[:, 0] / total
    centre = ops.matmul(sure, centre[None])[:, 0] / total
    low, high = centre - edges[:, :2], centre + edges[:, 2:]
    cells = ops.convert_to_tensor([w, h], dtype="float32")
    box = ops.concatenate([low / cells, high / cells], axis=-1)
    return box, ops.reshape(sure[:, 0] / total, (-1, h, w))


def boxes_of_modes(heat, edges, count):
    """The boxes of the surest places, one after the other: what is found, where `box_from_cells` is what is learned by.

    Where two places look like the reference, the average over all cells lies between them and shows neither. So the
    surest cell is taken, and averaged with it only the cells whose boxes overlap its own by more than half; then the same
    again among the cells that are neither of those nor inside the box.

    Args:
        heat: (B, h, w, 1) float, logits.
        edges: (B, h, w, 4) float, in cells.
        count: N, boxes wanted.

    Returns:
        boxes (B, N, 4) float32 as shares of the frame, clipped to it, and sure (B, N) float32: the heat of the cells
        that were averaged, where the surest of all has 1; 0 where no cell was left.
    """
    h, w = heat.shape[1:3]
    logits = ops.reshape(ops.cast(heat, "float32"), (-1, h * w))
    # 8 bits make ties; halfway between two equal places is neither.
    logits = logits + 1e-4 * ops.arange(h * w, dtype="float32")
    weight = ops.exp(logits - ops.max(logits, axis=-1, keepdims=True))
    centre = _centres(h, w)
    edges = ops.reshape(ops.cast(edges, "float32"), (-1, h * w, 4))
    cells = ops.convert_to_tensor([w, h, w, h], dtype="float32")
    boxes = ops.concatenate([centre - edges[..., :2], centre + edges[..., 2:]], axis=-1) / cells
    found, sure = [], []
    for _ in range(count):
        surest = largest(weight)
        peak = _average(surest, boxes)
        near = weight * positive(ops.reshape(overlaps(boxes, peak, ops), (-1, h * w)) - 0.5)
        box = _average(near + LEAST * surest, boxes)
        box_in_cells = box * cells
        inside = ops.minimum(centre - box_in_cells[..., :2], box_in_cells[..., 2:] - centre)
        taken = positive(near) + positive(ops.minimum(inside[..., :1], inside[..., 1:])[..., 0])
        weight = weight * (1 - ops.minimum(taken, 1.0))
        found.append(ops.clip(box, 0.0, 1.0))
        sure.append(ops.sum(near, axis=-1, keepdims=True))
    return ops.concatenate(found, axis=1), ops.concatenate(sure, axis=-1)


def positive(x):
    """1.0 where x > 0, or hardly less where it is below 1e-12, else 0.0.

    Not a comparison: the edge's fast kernels know no truth values. In three steps, as a file of 16-bit constants has none of
    1e12.
    """
    x = ops.relu(x)
    for _ in range(3):
        x = ops.minimum(x * 1e4, 1.0)
    return x


def largest(x):
    """1.0 where x (..., N) is largest along its last axis, else 0.0; at a tie everywhere that it is."""
    return 1.0 - positive(ops.max(x, axis=-1, keepdims=True) - x)


def _average(weight, boxes):
    """Weights (B, N) and boxes (B, N, 4) -> (B, 1, 4)."""
    weight = ops.expand_dims(weight, 1)
    return ops.matmul(weight, boxes) / ops.sum(weight, axis=-1, keepdims=True)


def _centres(h, w):
    """Middles of all cells, (h w, 2) float32, in cells."""
    x, y = ops.arange(w, dtype="float32") + 0.5, ops.arange(h, dtype="float32") + 0.5
    return ops.reshape(ops.stack(ops.meshgrid(x, y, indexing="xy"), axis=-1), (h * w, 2))


def theta_from_box(box, kind, image_hw):
    """The theta that looks at a box.

    Args:
        box: (B, 4) float, as `box_from_cells` gives it.
        kind: name of a kind of theta that is for boxes.
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
    return kind_named(kind).from_area(scale, shift, ops)
