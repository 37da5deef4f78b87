"""Where the transformer looks: coordinates, theta, boxes and bilinear sampling, as pure functions.

Convention, written once and referred to everywhere:

* Images are channels last, x points right, y points down; points are (x, y), boxes (xmin, ymin, xmax, ymax).
* Pixel centres lie at integer pixel coordinates. In normalized coordinates -1 and +1 are the centres of the corner
  pixels, so `x_px = (x + 1) / 2 * (W - 1)`.
* theta maps output (target) coordinates to input (source) coordinates: it says where to read (eq. 2).
* Box edges are not centres: pixel i covers [i, i + 1), so an edge is a centre coordinate -/+ 0.5 (shifted by the half
  pixel between the two systems) and the identity theta is the box (0, 0, W, H).

The kinds of theta, their numbers and their matrices A_theta are in `edge_demo.model.thetas`, a file each; the functions
here take any of them by name.
"""

from keras import ops

from edge_demo.model.thetas import kind_named


def affine_matrix(theta, kind):
    """Writes any kind of theta as the matrix A_theta of eq. 1.

    Args:
        theta: (B, P) float, the numbers of `kind` (module docstring).
        kind: name of a kind of theta.

    Returns:
        (B, 2, 3) float of the dtype of `theta`.

    Raises:
        ValueError: if `kind` is unknown or P is not its size.

    Source: GetNet eq. 1 and 3.
    """
    return _checked(theta, kind).matrix(theta, ops)


def linspace_norm(count, dtype="float32"):
    """The normalized coordinates of `count` pixel centres: (count,) from -1 to +1. `count` is at least 2."""
    return ops.cast(ops.arange(count), dtype) * (2.0 / (count - 1)) - 1.0


def sampling_grid(theta, kind, output_hw):
    """Where every output pixel reads: eq. 2.

    Args:
        theta: (B, P) float, the numbers of `kind`.
        kind: name of a kind of theta.
        output_hw: (h, w) of the output, pixels.

    Returns:
        (B, h, w, 2) float, (x_s, y_s) normalized.

    Source: GetNet eq. 2.
    """
    h, w = output_hw
    x = ops.broadcast_to(linspace_norm(w, theta.dtype)[None, :], (h, w))
    y = ops.broadcast_to(linspace_norm(h, theta.dtype)[:, None], (h, w))
    target = ops.reshape(ops.stack([x, y], axis=-1), (h * w, 2))
    return ops.reshape(_checked(theta, kind).read_at(theta, target, ops), (-1, h, w, 2))


def hat_weights(position_px, length):
    """The bilinear kernel of eq. 5, max(0, 1 - |x - m|), for every pixel m: (..., n) px -> (..., n, length)."""
    pixels = ops.cast(ops.arange(length), position_px.dtype)
    return ops.relu(1.0 - ops.abs(ops.expand_dims(position_px, -1) - pixels))


def sample_separable(image, scale, shift, output_hw):
    """Samples an axis-aligned area: eq. 4-5 as two matrix products, Wy . U . Wx^T.

    Args:
        image: (B, H, W, C) float.
        scale: (B, 2) float, (sx, sy).
        shift: (B, 2) float, (tx, ty), normalized.
        output_hw: (h, w) of the result, pixels.

    Returns:
        (B, h, w, C) float; zeros where the source lies outside the image.

    Source: GetNet eq. 3-5. The kernel is separable, so no gather is needed; the gradients are eq. 6-7.
    """
    height, width, channels = image.shape[1:]
    h, w = output_hw
    x_px = (scale[:, :1] * linspace_norm(w, scale.dtype) + shift[:, :1] + 1.0) * ((width - 1) / 2)  # (B, w)
    y_px = (scale[:, 1:] * linspace_norm(h, scale.dtype) + shift[:, 1:] + 1.0) * ((height - 1) / 2)  # (B, h)
    rows = ops.matmul(hat_weights(y_px, height), ops.reshape(image, (-1, height, width * channels)))
    # Channels beside the rows, so that the second product is one matrix product per image, too, and its gradient sums
    # over the rows inside it. As (B, 1, w, W) @ (B, h, W, C) that gradient is (B, h, w, W) large: 6 times slower.
    rows = ops.transpose(ops.reshape(rows, (-1, h, width, channels)), (0, 1, 3, 2))
    columns = ops.transpose(hat_weights(x_px, width), (0, 2, 1))  # (B, W, w)
    area = ops.matmul(ops.reshape(rows, (-1, h * channels, width)), columns)
    return ops.transpose(ops.reshape(area, (-1, h, channels, w)), (0, 1, 3, 2))


def sample_gather(image, grid):
    """Samples anywhere: eq. 4-5 by reading the four neighbours of every source point.

    Args:
        image: (B, H, W, C) float.
        grid: (B, h, w, 2) float, (x_s, y_s) normalized.

    Returns:
        (B, h, w, C) float; zeros where the source lies outside the image.

    Source: GetNet eq. 4-5; Jaderberg et al. 2015 (arXiv:1506.02025), section 3.3.
    """
    height, width, channels = image.shape[1:]
    h, w = grid.shape[1:3]
    x_px = (grid[..., 0] + 1.0) * ((width - 1) / 2)  # (B, h, w)
    y_px = (grid[..., 1] + 1.0) * ((height - 1) / 2)
    # Far outside every weight is 0 either way; an infinite place would make it infinity minus infinity.
    x_px, y_px = ops.clip(x_px, -2.0, width + 1.0), ops.clip(y_px, -2.0, height + 1.0)
    x_left, y_top = ops.floor(x_px), ops.floor(y_px)
    pixels = ops.reshape(image, (-1, channels))
    first_of_item = ops.reshape(ops.arange(ops.shape(image)[0]) * (height * width), (-1, 1, 1))
    result = 0.0
    for dy in (0.0, 1.0):
        for dx in (0.0, 1.0):
            x_m, y_n = x_left + dx, y_top + dy
            weight = ops.relu(1.0 - ops.abs(x_px - x_m)) * ops.relu(1.0 - ops.abs(y_px - y_n))
            inside = (x_m >= 0) & (x_m <= width - 1) & (y_n >= 0) & (y_n <= height - 1)
            weight = weight * ops.cast(inside, weight.dtype)
            # Clipped as integers: as one of those even a place that is not a number lies inside.
            column = ops.clip(ops.cast(x_m, "int32"), 0, width - 1)
            row = ops.clip(ops.cast(y_n, "int32"), 0, height - 1)
            index = ops.cast(first_of_item, "int32") + row * width + column
            neighbour = ops.reshape(ops.take(pixels, ops.reshape(index, (-1,)), axis=0), (-1, h, w, channels))
            result = result + ops.expand_dims(weight, -1) * neighbour
    return result


def sample(image, theta, kind, output_hw):
    """Samples the target area that theta names: separable for axis-aligned kinds, by gather for the rest.

    Args:
        image: (B, H, W, C) float.
        theta: (B, P) float, the numbers of `kind`.
        kind: name of a kind of theta.
        output_hw: (h, w) of the result, pixels, each at least 2.

    Returns:
        (B, h, w, C) float; zeros where the source lies outside the image.

    Raises:
        ValueError: if `kind` is unknown or P is not its size.

    Source: GetNet eq. 1-5.
    """
    if _checked(theta, kind).axis_aligned:
        return sample_separable(image, *scale_and_shift(theta, kind), output_hw)
    return sample_gather(image, sampling_grid(theta, kind, output_hw))


def scale_and_shift(theta, kind):
    """Splits an axis-aligned theta into scale (B, 2) = (sx, sy) and shift (B, 2) = (tx, ty)."""
    return _checked(theta, kind).scale_and_shift(theta, ops)


def boxes_from_theta(theta, kind, image_hw):
    """The target area as a box in pixels of the image: the upright box round all that is read.

    Args:
        theta: (B, P) float, the numbers of `kind`.
        kind: name of a kind of theta.
        image_hw: (H, W) of the image that theta reads from, pixels.

    Returns:
        (B, 4) float, (xmin, ymin, xmax, ymax), edges in pixels, not clipped to the image.

    Example:
        >>> boxes_from_theta(ops.array([[1.0, 0.0, 0.0]]), "attention", (60, 80))  # [[0, 0, 80, 60]]
    """
    low, high = _checked(theta, kind).bounds(theta, ops)
    height, width = image_hw
    span_px = ops.convert_to_tensor([(width - 1) / 2, (height - 1) / 2], dtype=theta.dtype)
    return ops.concatenate([(low + 1.0) * span_px, (high + 1.0) * span_px + 1.0], axis=-1)


def box_theta_from_boxes(boxes_px, image_hw):
    """The `box` theta whose target area is a given box; the inverse of `boxes_from_theta`.

    Args:
        boxes_px: (B, 4) float, (xmin, ymin, xmax, ymax), edges in pixels.
        image_hw: (H, W) of the image, pixels.

    Returns:
        (B, 4) float, (sx, sy, tx, ty).
    """
    height, width = image_hw
    extent = ops.convert_to_tensor([width - 1, height - 1], dtype=boxes_px.dtype)
    low, high = boxes_px[:, :2], boxes_px[:, 2:] - 1.0
    return ops.concatenate([(high - low) / extent, (high + low) / extent - 1.0], axis=-1)


def _checked(theta, kind):
    """The kind of this name, if theta (B, P) has its numbers."""
    known = kind_named(kind)
    if len(theta.shape) != 2 or theta.shape[-1] != known.size:
        raise ValueError(
            f"Invalid `theta` for kind {kind!r}. Expected (B, {known.size}). Received shape {tuple(theta.shape)}."
        )
    return known
