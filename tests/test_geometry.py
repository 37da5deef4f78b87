"""getnet_tf.geometry: against hand-made values, SciPy, OpenCV and numeric gradients."""

import importlib.util

import cv2
import numpy as np
import pytest
import tensorflow as tf
from checks import AFFINE_MAPS, KINDS, answers, gradient_error, matrix_of, pixels_read, run_python, theta_of
from scipy.ndimage import map_coordinates

from edge_demo.model.thetas import KINDS as ALL_KINDS
from getnet_tf import geometry

HW, OUT_HW = (5, 7), (4, 6)
IDENTITY = {
    "translation": [0, 0],
    "attention": [1, 0, 0],
    "box": [1, 1, 0, 0],
    "similarity": [1, 0, 0, 0],
    "affine": [1, 0, 0, 0, 1, 0],
    "tps": [0] * 18,
}
# The numbers that shift the area along x, all alike.
SHIFTS_X = {kind: [2] if kind == "affine" else [-2] for kind in AFFINE_MAPS} | {"tps": list(range(9))}
SAMPLERS = ("separable", "gather")

AXIS_ALIGNED = [kind for kind in KINDS if ALL_KINDS[kind].axis_aligned]


def sample_with(sampler, image, theta, kind, output_hw):
    """Samples by the one or the other of the two ways, whatever the kind would choose."""
    image, theta = tf.constant(image), tf.constant(theta)
    if sampler == "separable":
        return geometry.sample_separable(image, *geometry.scale_and_shift(theta, kind), output_hw).numpy()
    return geometry.sample_gather(image, geometry.sampling_grid(theta, kind, output_hw)).numpy()


def by_scipy(image, theta, kind, output_hw):
    """SciPy's bilinear sampling with zeros outside, image by image and channel by channel."""
    result = []
    for picture, numbers in zip(image, theta, strict=True):
        x_px, y_px = pixels_read(numbers, kind, picture.shape[:2], output_hw)
        channels = np.moveaxis(picture, -1, 0)
        read = [map_coordinates(c, [y_px, x_px], order=1, mode="grid-constant", cval=0) for c in channels]
        result.append(np.stack(read, axis=-1))
    return np.stack(result)


def test_the_grid_maps_output_corners_to_where_they_read():
    """A = [[.5, 0, .1], [.2, .4, -.3]]: corner (-1, -1) reads (-.4, -.9), corner (1, -1) reads (.6, -.5), and so on.

    The middle column of three is x = 0, so its top reads (0 + .1, -.4 - .3).
    """
    grid = geometry.sampling_grid(tf.constant([[0.5, 0, 0.1, 0.2, 0.4, -0.3]], tf.float64), "affine", (2, 3))
    top, bottom = [[-0.4, -0.9], [0.1, -0.7], [0.6, -0.5]], [[-0.4, -0.1], [0.1, 0.1], [0.6, 0.3]]
    np.testing.assert_allclose(grid, [[top, bottom]], atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_grid_of_a_composed_transform_is_the_composed_grid(seed):
    rng = np.random.default_rng(seed)
    first, second = (
        np.vstack([matrix_of(theta_of("affine", rng, 1)[0], "affine"), [0, 0, 1]]) for _ in range(2)
    )
    inner = geometry.sampling_grid(tf.constant(second[None, :2].reshape(1, 6)), "affine", OUT_HW).numpy()
    outer = inner @ first[:2, :2].T + first[:2, 2]
    np.testing.assert_allclose(
        geometry.sampling_grid(tf.constant((first @ second)[None, :2].reshape(1, 6)), "affine", OUT_HW),
        outer,
        atol=1e-12,
    )


@pytest.mark.parametrize(
    ("kind", "sampler"),
    [(kind, "gather") for kind in KINDS] + [(kind, "separable") for kind in AXIS_ALIGNED],
)
def test_sampling_agrees_with_scipy(kind, sampler, rng):
    image, theta = rng.random((3, *HW, 2)), theta_of(kind, rng)
    theta[0, SHIFTS_X[kind]] += 1  # the first area hangs over an edge
    expected = by_scipy(image, theta, kind, OUT_HW)
    assert (expected == 0).any()
    np.testing.assert_allclose(sample_with(sampler, image, theta, kind, OUT_HW), expected, atol=1e-12)


@pytest.mark.parametrize("kind", AFFINE_MAPS)
def test_sampling_agrees_with_opencv(kind, rng):
    image, theta = rng.random((1, *HW, 1)).astype(np.float32), theta_of(kind, rng, 1)
    # OpenCV wants the matrix in pixels: read off where three output pixels read.
    x_px, y_px = pixels_read(theta[0], kind, HW, OUT_HW)
    origin, along_x, along_y = ((x_px[i], y_px[i]) for i in ((0, 0), (0, 1), (1, 0)))
    matrix = np.stack([np.subtract(along_x, origin), np.subtract(along_y, origin), origin], axis=-1)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    expected = cv2.warpAffine(
        image[0, :, :, 0], matrix, OUT_HW[::-1], flags=flags, borderMode=cv2.BORDER_CONSTANT
    )
    sampled = geometry.sample(tf.constant(image), tf.constant(theta, tf.float32), kind, OUT_HW)
    np.testing.assert_allclose(sampled[0, :, :, 0], expected, atol=2e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_sample_chooses_the_way_that_its_kind_needs(kind, rng):
    image, theta = rng.random((3, *HW, 2)), theta_of(kind, rng)
    sampled = geometry.sample(tf.constant(image), tf.constant(theta), kind, OUT_HW)
    np.testing.assert_allclose(sampled, by_scipy(image, theta, kind, OUT_HW), atol=1e-12)


@pytest.mark.parametrize("kind", AXIS_ALIGNED)
def test_two_matrix_products_equal_the_gather(kind, rng):
    image, theta = rng.random((3, *HW, 2)), theta_of(kind, rng) * 1.7
    separable, gather = (sample_with(sampler, image, theta, kind, OUT_HW) for sampler in SAMPLERS)
    np.testing.assert_allclose(separable, gather, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_the_identity_returns_the_image(kind, rng):
    image = rng.random((2, *HW, 3)).astype(np.float32)
    theta = tf.constant([IDENTITY[kind]] * 2, tf.float32)
    np.testing.assert_allclose(geometry.sample(tf.constant(image), theta, kind, HW), image, atol=1e-6)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_whole_pixel_shifts_read_to_the_right_and_below(sampler, rng):
    """Convention: tx = 2 k / (W - 1) reads k pixels further right, so the content moves left; ty likewise down."""
    image = rng.random((1, *HW, 1))
    theta = np.array([[2 * 2 / 6, 2 * 1 / 4]])  # two pixels in x of W = 7, one in y of H = 5
    expected = np.zeros(HW)
    expected[:4, :5] = image[0, 1:, 2:, 0]
    np.testing.assert_allclose(
        sample_with(sampler, image, theta, "translation", HW)[0, :, :, 0], expected, atol=1e-12
    )


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_scale_of_x_is_first_and_magnifies_when_small(sampler):
    """U[y, x] = x + 10 y on 5 x 7; sx = 1/3, sy = 1 reads x = 2, 3, 4 and y = 0, 2, 4."""
    image = (np.arange(7) + 10.0 * np.arange(5)[:, None])[None, :, :, None]
    sampled = sample_with(sampler, image, np.array([[1 / 3, 1, 0, 0]]), "box", (3, 3))
    np.testing.assert_allclose(sampled[0, :, :, 0], [[2, 3, 4], [22, 23, 24], [42, 43, 44]], atol=1e-12)


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_quarter_turns_turn_clockwise_in_reading(angle):
    """angle 90: output right (1, 0) reads input (0, 1), below; so output rows are input columns: V[y, x] = U[x, -y]."""
    image = np.arange(9.0).reshape(3, 3)
    theta = tf.constant([[1.0, np.deg2rad(angle), 0, 0]], tf.float64)
    sampled = geometry.sample(tf.constant(image[None, :, :, None]), theta, "similarity", (3, 3))[0, :, :, 0]
    by_hand = {
        90: [[2, 5, 8], [1, 4, 7], [0, 3, 6]],
        180: [[8, 7, 6], [5, 4, 3], [2, 1, 0]],
        270: [[6, 3, 0], [7, 4, 1], [8, 5, 2]],
    }
    np.testing.assert_allclose(sampled, by_hand[angle], atol=1e-9)


@pytest.mark.parametrize(
    ("kind", "shift"),
    # A spline adds what its points say: nine infinite ones say nothing.
    [(kind, shift) for kind in KINDS for shift in (2.5, -2.5, 1e3, 1e9, -1e12, 1e30)]
    + [(kind, float("inf")) for kind in AFFINE_MAPS],
)
def test_far_outside_everything_is_zero(kind, shift):
    theta = np.array([IDENTITY[kind]], np.float32)
    theta[0, SHIFTS_X[kind]] = shift
    sampled = geometry.sample(tf.ones((1, *HW, 1)), tf.constant(theta), kind, OUT_HW)
    np.testing.assert_array_equal(sampled, np.zeros((1, *OUT_HW, 1)))


@pytest.mark.parametrize("kind", KINDS)
def test_half_a_pixel_outside_fades_to_half(kind):
    """All ones, reading half a pixel left of the first column: 0.5 there, 1 elsewhere."""
    theta = np.array([IDENTITY[kind]])
    theta = theta.astype(np.float64)
    theta[0, SHIFTS_X[kind]] = -1 / 6  # half of one of W - 1 = 6 pixels, in units of two per width
    sampled = geometry.sample(tf.ones((1, *HW, 1), tf.float64), tf.constant(theta), kind, HW)[0, :, :, 0]
    np.testing.assert_allclose(sampled, [[0.5] + [1] * 6] * 5, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_an_item_of_a_batch_is_what_it_is_alone(kind, rng):
    image, theta = tf.constant(rng.random((3, *HW, 2))), tf.constant(theta_of(kind, rng))
    together = geometry.sample(image, theta, kind, OUT_HW)
    for i in range(3):
        alone = geometry.sample(image[i : i + 1], theta[i : i + 1], kind, OUT_HW)
        np.testing.assert_allclose(together[i : i + 1], alone, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_theta_that_is_not_a_number_gives_no_number_and_no_crash(kind):
    theta = tf.fill((1, KINDS[kind]), float("nan"))
    assert np.isnan(geometry.sample(tf.ones((1, *HW, 1)), theta, kind, OUT_HW)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_place_of_which_one_coordinate_is_no_number_does_not_crash(kind):
    theta = np.array([IDENTITY[kind]], np.float32)
    theta[0, SHIFTS_X[kind]] = float("nan")
    assert np.isnan(geometry.sample(tf.ones((1, *HW, 1)), tf.constant(theta), kind, OUT_HW)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_agree_with_numeric_ones(kind, rng):
    image, theta = rng.random((1, *HW, 2)), theta_of(kind, rng, 1)
    for px in pixels_read(theta[0], kind, HW, OUT_HW):  # the hat has its kinks on the lattice; stay away
        assert np.abs(px - np.round(px)).min() > 1e-4
    error, size = gradient_error(lambda u, t: geometry.sample(u, t, kind, OUT_HW), image, theta)
    assert error < 1e-7 and size > 0.1


def test_the_slope_in_x_is_equation_7_by_hand():
    """U = [[1, 4], [2, 10]], read at x = 0.25, y = 0.5 px.

    Eq. 7: dV/dx = sum_n (1 - |y - n|) (U[n, 1] - U[n, 0]) = 0.5 * 3 + 0.5 * 8 = 5.5 per pixel; likewise
    dV/dy = 0.75 * (2 - 1) + 0.25 * (10 - 4) = 2.25. With H = W = 2 a normalized unit is half a pixel.
    V = 0.5 (0.75 * 1 + 0.25 * 4) + 0.5 (0.75 * 2 + 0.25 * 10) = 2.875.
    Eq. 6: dV/dU = the four weights.
    """
    image = tf.constant([[1.0, 4.0], [2.0, 10.0]])[None, :, :, None]
    point = tf.constant([[[[-0.5, 0.0]]]])  # x = 0.25 px, y = 0.5 px
    with tf.GradientTape() as tape:
        tape.watch([image, point])
        value = geometry.sample_gather(image, point)
    by_image, by_point = tape.gradient(value, [image, point])
    np.testing.assert_allclose(value, [[[[2.875]]]], atol=1e-6)
    np.testing.assert_allclose(by_image[0, :, :, 0], [[0.375, 0.125], [0.375, 0.125]], atol=1e-6)
    np.testing.assert_allclose(by_point[0, 0, 0], [5.5 / 2, 2.25 / 2], atol=1e-6)


def test_the_slope_in_theta_of_the_separable_form_is_equation_7_by_hand():
    """The same image; tiny scale, so all four output pixels read within 1e-6 of x = 0.25, y = 0.5 px.

    Their sum moves with tx by 4 * 5.5 / 2 and with ty by 4 * 2.25 / 2; scale moves the corners apart evenly: no change
    of the sum but for the cross term, which is symmetric too.
    """
    image = tf.constant([[1.0, 4.0], [2.0, 10.0]], tf.float64)[None, :, :, None]
    theta = tf.constant([[1e-6, 1e-6, -0.5, 0.0]], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(theta)
        value = tf.reduce_sum(geometry.sample(image, theta, "box", (2, 2)))
    np.testing.assert_allclose(tape.gradient(value, theta), [[0, 0, 11, 4.5]], atol=1e-5)


def test_the_hat_is_one_on_its_pixel_and_fades_within_one():
    weights = geometry.hat_weights(tf.constant([0.0, 1.25, -0.5, 2.75, 5.0]), 3)
    expected = [[1, 0, 0], [0, 0.75, 0.25], [0.5, 0, 0], [0, 0, 0.25], [0, 0, 0]]
    np.testing.assert_allclose(weights, expected, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_identity_is_the_box_of_the_whole_image(kind):
    boxes = geometry.boxes_from_theta(tf.constant([IDENTITY[kind]], tf.float32), kind, (60, 80))
    np.testing.assert_allclose(boxes, [[0, 0, 80, 60]], atol=1e-4)


@pytest.mark.parametrize(
    ("kind", "theta", "expected"),
    [
        # H = 5, W = 9: centres at (4, 2), half spans 4 and 2 px. A centre at c is the edge c on the low side, c + 1 on
        # the high side.
        ("translation", [0.5, 0], [2, 0, 11, 5]),  # two pixels to the right, over the edge: not clipped
        ("attention", [0.5, 0.25, -0.5], [3, 0, 8, 3]),  # centre (5, 1), reach (2, 1)
        ("box", [0.5, 0, 0, 0], [2, 2, 7, 3]),  # one row: centres 2 ... 6
        ("similarity", [0.5, np.pi / 2, 0, 0], [2, 1, 7, 4]),  # a quarter turn of a square is the square
        (
            "similarity",
            [0.5, np.pi / 4, 0, 0],
            [4 - 8**0.5, 2 - 2**0.5, 5 + 8**0.5, 3 + 2**0.5],
        ),  # its diagonal
        ("affine", [0.5, -0.25, 0, 0, 0.5, 0.5], [1, 2, 8, 5]),  # sheared: reach (0.75, 0.5), centre (4, 3)
        ("affine", [-0.5, 0, 0, 0, -0.5, 0], [2, 1, 7, 4]),  # mirrored: the same area
    ],
)
def test_boxes_by_hand(kind, theta, expected):
    boxes = geometry.boxes_from_theta(tf.constant([theta], tf.float64), kind, (5, 9))
    np.testing.assert_allclose(boxes, [expected], atol=1e-9)


@pytest.mark.parametrize("kind", AFFINE_MAPS)
def test_a_box_bounds_every_pixel_that_is_read(kind, rng):
    theta = theta_of(kind, rng, 1)
    (xmin, ymin, xmax, ymax), (x_px, y_px) = (
        geometry.boxes_from_theta(tf.constant(theta), kind, HW)[0].numpy(),
        pixels_read(theta[0], kind, HW, OUT_HW),
    )
    np.testing.assert_allclose(
        [xmin, ymin, xmax - 1, ymax - 1], [x_px.min(), y_px.min(), x_px.max(), y_px.max()]
    )


def test_a_box_becomes_the_theta_that_becomes_the_box(rng):
    low = rng.uniform(-5, 40, (20, 2))
    boxes = np.concatenate([low, low + rng.uniform(2, 40, (20, 2))], -1)
    theta = geometry.box_theta_from_boxes(tf.constant(boxes), (60, 80))
    np.testing.assert_allclose(geometry.boxes_from_theta(theta, "box", (60, 80)), boxes, atol=1e-9)
    theta = theta_of("box", rng, 20)
    boxes = geometry.boxes_from_theta(tf.constant(theta), "box", (60, 80))
    np.testing.assert_allclose(geometry.box_theta_from_boxes(boxes, (60, 80)), theta, atol=1e-12)


def test_the_theta_of_a_box_by_hand():
    """H = 5, W = 9; the box (2, 0, 7, 3) covers centres 2 ... 6 by 0 ... 2: scale 4/8 and 2/4, centre (4, 1)."""
    theta = geometry.box_theta_from_boxes(tf.constant([[2.0, 0.0, 7.0, 3.0]]), (5, 9))
    np.testing.assert_allclose(theta, [[0.5, 0.5, 0, -0.5]], atol=1e-6)


def test_sampling_the_theta_of_a_box_crops_it(rng):
    image = rng.random((1, 8, 11, 1))
    theta = geometry.box_theta_from_boxes(tf.constant([[3.0, 1.0, 9.0, 5.0]], tf.float64), (8, 11))
    crop = geometry.sample(tf.constant(image), theta, "box", (4, 6))
    np.testing.assert_allclose(crop, image[:, 1:5, 3:9], atol=1e-12)


@pytest.mark.parametrize("function", ["affine_matrix", "scale_and_shift", "boxes_from_theta", "sample"])
def test_an_unknown_kind_or_a_wrong_count_is_refused(function):
    def call(theta, kind):
        if function == "boxes_from_theta":
            return geometry.boxes_from_theta(theta, kind, HW)
        if function == "sample":
            return geometry.sample(tf.ones((1, *HW, 1)), theta, kind, OUT_HW)
        return getattr(geometry, function)(theta, kind)

    with pytest.raises(ValueError, match=r"Invalid `kind`.*Received: kind='rotation'"):
        call(tf.ones((1, 3)), "rotation")
    with pytest.raises(ValueError, match=r"Expected \(B, 3\). Received shape \(1, 4\)"):
        call(tf.ones((1, 4)), "attention")
    with pytest.raises(ValueError, match=r"Expected \(B, 4\). Received shape \(4,\)"):
        call(tf.ones((4,)), "box")


@pytest.mark.parametrize("backend", ["numpy", "torch", "jax"])
def test_another_keras_backend_gives_the_same_numbers(backend, tmp_path):
    """Geometry, both layers, moments and losses: everything in `keras.ops`."""
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    path = tmp_path / "answers.npz"
    code = f"""
        import importlib.util, sys, unittest.mock
        if {backend!r} == "numpy" and importlib.util.find_spec("jax") is None:
            # Keras's NumPy backend takes FFTs and convolutions from jax; nothing here uses them.
            for name in ("jax", "jax.lax", "keras.src.backend.jax", "keras.src.backend.jax.math"):
                sys.modules[name] = unittest.mock.MagicMock()
        import keras, numpy as np, checks
        assert keras.config.backend() == {backend!r}
        np.savez({str(path)!r}, **checks.answers())
    """
    run_python(code, KERAS_BACKEND=backend)
    ours = answers()
    with np.load(path) as theirs:
        assert set(theirs.files) == set(ours) and len(ours) > 20
        for name, value in ours.items():
            np.testing.assert_allclose(theirs[name], value, rtol=1e-6, atol=1e-6, err_msg=name)
