"""What several test files check in the same way. Imports no TensorFlow by itself."""

import contextlib
import itertools
import os
import pathlib
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from getnet_tf.config import ModelConfig

ROOT = pathlib.Path(__file__).parent.parent
KINDS = {"translation": 2, "attention": 3, "box": 4, "similarity": 4, "affine": 6, "tps": 18}
AFFINE_MAPS = [
    kind for kind in KINDS if kind != "tps"
]  # those that have a matrix; a heat map can give them, too
TINY = ModelConfig(image_hw=(16, 24), crop_hw=(8, 12), embedding_dim=5)


def line_of(capfd):
    """The one line that was printed on stderr."""
    (line,) = capfd.readouterr().err.splitlines()
    return line


@contextlib.contextmanager
def room_for(size):
    """Inside, no file becomes larger than `size` bytes: who writes one is told that it is too large, as a full disk would say it is full."""
    import resource  # Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def descriptors_left(count):
    """Inside, this process can open `count` files more."""
    import resource  # Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = [os.dup(0) for _ in range(count)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(taken) + 1, hard))
    for descriptor in taken:
        os.close(descriptor)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def theta_of(kind, rng, batch=3):
    """A batch of moderate thetas: areas that lie mostly inside, rotated where the kind can."""
    shift = rng.uniform(-0.3, 0.3, (batch, 2))
    scale = rng.uniform(0.4, 0.9, (batch, 2))
    angle = rng.uniform(-1.5, 1.5, (batch, 1))
    matrix = np.concatenate(
        [scale[:, :1], angle / 4, shift[:, :1], -angle / 3, scale[:, 1:], shift[:, 1:]], -1
    )
    return {
        "translation": shift,
        "attention": np.concatenate([scale[:, :1], shift], -1),
        "box": np.concatenate([scale, shift], -1),
        "similarity": np.concatenate([scale[:, :1], angle, shift], -1),
        "affine": matrix,
        "tps": rng.uniform(-0.3, 0.3, (batch, 18)),
    }[kind]


def matrix_of(theta, kind):
    """A_theta, written down a second time in NumPy: (P,) -> (2, 3)."""
    if kind == "affine":
        return np.reshape(theta, (2, 3))
    tx, ty = theta[-2:]
    if kind == "similarity":
        s, angle = theta[:2]
        return np.array(
            [[s * np.cos(angle), -s * np.sin(angle), tx], [s * np.sin(angle), s * np.cos(angle), ty]]
        )
    sx, sy = {"translation": (1, 1), "attention": (theta[0], theta[0]), "box": theta[:2]}[kind]
    return np.array([[sx, 0, tx], [0, sy, ty]])


def spline_of(theta):
    """The thin-plate spline of theta (18,) by SciPy: function of x and y -> (2,)."""
    from scipy.interpolate import RBFInterpolator

    control = np.array([(x, y) for y in (-1.0, 0.0, 1.0) for x in (-1.0, 0.0, 1.0)])
    moved = control + np.reshape(theta, (2, 9)).T
    spline = RBFInterpolator(control, moved, kernel="thin_plate_spline", degree=1)
    return lambda x, y: spline([[x, y]])[0]


def pixels_read(theta, kind, image_hw, output_hw):
    """Where every output pixel reads, in pixels of the image, point by point: (x, y) each (h, w)."""
    (height, width), (h, w) = image_hw, output_hw
    matrix = None if kind == "tps" else matrix_of(theta, kind)
    spline = spline_of(theta) if kind == "tps" else None
    x_px, y_px = np.empty((h, w)), np.empty((h, w))
    for row in range(h):
        for column in range(w):
            point = 2 * column / (w - 1) - 1, 2 * row / (h - 1) - 1
            x, y = spline(*point) if kind == "tps" else matrix @ [*point, 1]
            x_px[row, column], y_px[row, column] = (x + 1) / 2 * (width - 1), (y + 1) / 2 * (height - 1)
    return x_px, y_px


@contextlib.contextmanager
def shallow(*backbones):
    """Backbones of fewer blocks, inside: one of every stage, and of the longest stage of each part a second, which adds what went in."""
    with pytest.MonkeyPatch.context() as patch:
        for backbone, name in itertools.product(backbones, ("TRUNK", "TOP")):
            stages = getattr(backbone, name)
            longest = max(stages, key=lambda stage: stage.repeats)
            fewer = [stage._replace(repeats=2 if stage is longest else 1) for stage in stages]
            patch.setattr(backbone, name, fewer)
        yield


def gradient_error(function, *arrays):
    """Largest difference of the analytic and the numeric Jacobian of `function` in float64, and the largest entry."""
    import tensorflow as tf

    variables = [tf.constant(array, tf.float64) for array in arrays]
    # Compiled, for the numeric Jacobian asks for two values of every input number.
    compiled = tf.function(function, autograph=False)
    analytic, numeric = tf.test.compute_gradient(compiled, variables, delta=1e-6)
    error = max(np.abs(a - n).max() for a, n in zip(analytic, numeric, strict=True))
    return error, min(np.abs(n).max() for n in numeric)


def check_layer(make, inputs, output_shape, weights, tmp_path):
    """The contract of a Keras layer: shape, dtype, weight count, config and file round trip, gradients in one fit step.

    Args:
        make: () -> a new layer.
        inputs: list of float32 arrays.
        output_shape: expected, batch included.
        weights: expected number of variables.
        tmp_path: folder for the file.
    """
    import keras

    layer = make()
    feed = inputs if len(inputs) > 1 else inputs[0]
    eager = layer(feed).numpy()
    assert eager.shape == output_shape and eager.dtype == np.float32
    assert len(layer.variables) == weights
    twin = type(layer).from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()

    # A dense layer before each input, at first the identity, that learns only if gradients pass.
    symbols = [keras.Input(array.shape[1:]) for array in inputs]
    dense = [keras.layers.Dense(x.shape[-1], kernel_initializer="identity") for x in symbols]
    between = [layer(x) for layer, x in zip(dense, symbols, strict=True)]
    result = make()(between if len(inputs) > 1 else between[0])
    assert result.shape == (None, *output_shape[1:])
    model = keras.Model(symbols if len(inputs) > 1 else symbols[0], result)
    np.testing.assert_allclose(model(feed), eager, atol=1e-6)

    model.compile("sgd", "mse")
    kernels = values_of(layer.kernel for layer in dense)
    model.fit(feed, np.zeros(output_shape, "float32"), verbose=0)
    for layer, kernel in zip(dense, kernels, strict=True):
        assert not bit_equal(values_of([layer.kernel]), [kernel]), "no gradient"

    model.save(tmp_path / "layer.keras")
    loaded = keras.saving.load_model(tmp_path / "layer.keras")
    np.testing.assert_array_equal(loaded(feed), model(feed))


def shake(variables, seed=0):
    """Gives every variable values of its own: fresh ones are zeros and ones, which hide mistakes."""
    rng = np.random.default_rng(seed)
    for variable in variables:
        if "float" not in str(variable.dtype):
            continue
        value = variable.numpy()
        noise = (
            rng.uniform(0.5, 1.5, value.shape)
            if "variance" in variable.path
            else rng.normal(0, 0.1, value.shape)
        )
        variable.assign(noise if "variance" in variable.path else value + noise)


def values_of(variables):
    """Copies of the values of variables."""
    return [np.asarray(variable.numpy()).copy() for variable in variables]


def difference_in_tf_keras(ours, theirs, seed=0):
    """Largest difference of the outputs of one network in Keras and in tf_keras, over the largest output.

    Both get the same shaken weights, and look at the same noise.
    """
    assert type(theirs).__module__.startswith("tf_keras"), type(theirs)
    shake(ours.variables)
    for one, other in zip(ours.layers, theirs.layers, strict=True):
        other.set_weights(one.get_weights())
    rng = np.random.default_rng(seed)
    inputs = [rng.random((3, *x.shape[1:]), np.float32) for x in ours.inputs]
    inputs = inputs[0] if len(inputs) == 1 else inputs
    answer = np.asarray(ours(inputs))
    assert answer.std() > 1e-3, "all the same"
    return float(np.abs(answer - np.asarray(theirs(inputs))).max() / np.abs(answer).max())


def bit_equal(values0, values1):
    """Whether two lists of arrays agree to the bit."""
    return [v.tobytes() for v in values0] == [v.tobytes() for v in values1]


def random_pairs(count, config, seed=0):
    """Pairs of noise images and alternating labels, as the trainer takes them."""
    rng = np.random.default_rng(seed)
    shape = (count, *config.image_hw, config.channels)
    return {
        "image0": rng.random(shape, np.float32),
        "image1": rng.random(shape, np.float32),
        "label": (np.arange(count) % 2).astype(np.float32),
    }


def answers():
    """Results of every function that is written in `keras.ops`, to compare backends: name -> array."""
    from keras import ops

    from getnet_tf import geometry
    from getnet_tf.backbones.encoder import unit_length
    from getnet_tf.localisers.heat import ThetaFromHeat, heat_moments
    from getnet_tf.spatial_transformer import SpatialTransformer
    from getnet_tf.training import losses

    rng = np.random.default_rng(0)
    image = ops.convert_to_tensor(rng.random((3, 5, 7, 2)).astype("float32"))
    result = {}
    for kind in KINDS:
        theta = ops.convert_to_tensor(theta_of(kind, rng).astype("float32"))
        result[f"sample {kind}"] = geometry.sample(image, theta, kind, (4, 6))
        result[f"boxes {kind}"] = geometry.boxes_from_theta(theta, kind, (5, 7))
        result[f"layer {kind}"] = SpatialTransformer((3, 4), kind)([image, theta])
    boxes = ops.convert_to_tensor(np.array([[1, 2, 5, 4], [0, 0, 7, 5]], "float32"))
    result["box theta"] = geometry.box_theta_from_boxes(boxes, (5, 7))
    heat = ops.convert_to_tensor(rng.normal(0, 3, (2, 4, 6, 5)).astype("float32"))
    for name, value in zip(("centre", "spread", "extra"), heat_moments(heat, (16, 24)), strict=True):
        result[name] = value
    result["theta"] = ThetaFromHeat("affine", (16, 24))(heat)
    embedding = unit_length(ops.convert_to_tensor(rng.normal(size=(4, 3)).astype("float32")))
    label = ops.convert_to_tensor(np.array([1, 0, 1, 0], "float32"))
    distance = losses.euclidean_distance(embedding, 0.5 * ops.flip(embedding, 0))
    result["distance"] = distance
    result["contrastive"] = losses.contrastive_loss(label, distance)
    result["joined"] = losses.joined_loss(label, distance - 0.7)
    result["area"] = losses.area_loss(boxes, (5, 7))
    return {name: ops.convert_to_numpy(value) for name, value in result.items()}


def run_python(code, **environment):
    """Runs code in a fresh interpreter, where `checks` can be imported; returns what it printed."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    settings = {**os.environ, "PYTHONPATH": paths, **environment}
    code = textwrap.dedent(code)
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=settings, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-3000:]
    return run.stdout


def one_line(error):
    """Whether an error's message is one line that a person can read."""
    message = str(error)
    return len(message) > 20 and "\n" not in message
