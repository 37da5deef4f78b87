"""Quantization-aware fine-tuning: the only file that knows tf_keras.

tfmot speaks only tf_keras, so the flat models are built a second time by the same functions, with the weights copied.
The order matters: the activation ranges are settled first, then the weights are fine-tuned under them. Ranges that are
still moving make fake quantization coarser than the converted file, and fine-tuning learns to live with noise that is
not there.
"""

import contextlib

import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras
from tensorflow_model_optimization.python.core.quantization.keras import quant_ops

from getnet_tf.branch import Branch, build_parts
from getnet_tf.errors import InputError
from getnet_tf.training.losses import contrastive_loss, euclidean_distance, joined_loss

SETTLING_BATCHES = 60  # with a decay of 0.9 the start has weight 0.002 after these
SETTLING_DECAY = 0.9
FREEZE_RANGES_AFTER = 0.5  # of the fine-tuning: from there the ranges stay, and only the weights move
DEAD = 1e-4  # largest weight of a channel that answers with a constant
SMOOTH = 0.98  # assumed correlation of neighbouring pixels of a map
# No layer decides anything by a tensor, and AutoGraph looks through every wrapper of tfmot: a third of the time, here and in the steps.
_quantize_model = tf.autograph.experimental.do_not_convert(tfmot.quantization.keras.quantize_model)


def rebuilt_branch(network, quantized):
    """The branch of a trained network, in tf_keras.

    Args:
        network: a `GetNet`.
        quantized: put fake quantization into every convolution and dense layer; the ranges are not settled yet.

    Returns:
        `Branch` of tf_keras models.

    Raises:
        InputError: if a layer cannot be quantized.
    """
    parts = {}
    for name, part in build_parts(network.config, keras=tf_keras).items():
        trained = network.branch.parts[name]
        # What is no flat model has no 8-bit form.
        flat = isinstance(part, tf_keras.Model)
        parts[name] = rebuilt(trained, part, quantized) if flat else trained.frozen()
    return Branch(network.config, parts)


def rebuilt_parts(network, parts, quantized):
    """Flat models of tf_keras by name, with the weights of a network's attributes of these names, as `rebuilt_branch` has them: dict."""
    return {name: rebuilt(getattr(network, name), part, quantized) for name, part in parts.items()}


def rebuilt(trained, model, quantized):
    """A flat model of tf_keras with the weights of its twin in Keras 3, as `rebuilt_branch` has it."""
    copy_weights(trained, model)
    if not quantized:
        return model
    _fit_kernels(model)
    try:
        model = _quantize_model(model)
    except (ValueError, RuntimeError) as error:
        raise InputError(f"The {trained.name} holds a layer that will not quantize: {error}") from error
    for layer in _flat_layers(model):
        if isinstance(layer, tf_keras.layers.BatchNormalization):
            # Not trainable means inference mode in tf_keras: the statistics are those of the training.
            layer.trainable = False
    return model


def copy_weights(source, target):
    """Copies weights between the same model in Keras and in tf_keras, layer by layer."""
    for layer0, layer1 in zip(source.layers, target.layers, strict=True):
        layer1.set_weights(layer0.get_weights())


def _fit_kernels(model):
    """Rewrites convolutions with a BatchNorm behind them, by the BatchNorm's scale, so that 8 bits can hold them.

    Dead channels: ImageNet's weights have channels of which only the constant is left; their weights, BatchNorm included,
    are 1e-8 and less. Quantized, the constant is counted in steps of such a weight, and does not fit 32 bits. Weights of
    `DEAD` change the channel's answer by less than one of its own 8-bit steps.

    Depthwise kernels: tfmot gives all channels one scale, TFLite each its own. With a largest weight of 1 in every channel
    the two are the same. Then the weights are rounded here, so that errors of neighbours cancel: see `_rounded`.
    """
    for batch_norm in model.layers:
        if not isinstance(batch_norm, tf_keras.layers.BatchNormalization):
            continue
        conv = batch_norm.inbound_nodes[0].inbound_layers
        (kernel,), (gamma, beta, mean, variance) = conv.get_weights(), batch_norm.get_weights()
        scale = gamma / np.sqrt(variance + batch_norm.epsilon)
        # Depthwise kernels are (h, w, channels, 1), others (h, w, in, channels).
        by_channel = kernel.reshape(-1, len(gamma))
        dead = np.abs(by_channel * scale).max(axis=0) < DEAD
        by_channel[:, dead], by_channel[0, dead] = 0.0, 1.0
        beta[dead] -= (mean * scale)[dead]
        gamma[dead], mean[dead], variance[dead] = DEAD, 0.0, 1.0
        if isinstance(conv, tf_keras.layers.DepthwiseConv2D):
            largest = np.abs(by_channel).max(axis=0)
            by_channel, gamma, mean = by_channel / largest, gamma * largest, mean / largest
            by_channel = _rounded(by_channel, kernel.shape[:2])
        conv.set_weights([by_channel.reshape(kernel.shape)])
        batch_norm.set_weights([gamma, beta, mean, variance])


def _rounded(kernels, kernel_hw):
    """Rounds kernels (taps, channels), largest weight 1, to 8 bits, so that smooth maps are filtered as before.

    Neighbouring pixels are nearly equal, so what matters of the error is its sum over neighbours, not its size: a filter
    for edges, whose large weights cancel, must go on to cancel. One weight at a time moves by a step if that lowers
    the error's expected square, for pixels whose correlation falls with their distance.

    Source: adaptive rounding, Nagel et al. 2020 (arXiv:2004.10568), with an assumed in place of a measured correlation.
    """
    taps = np.stack(np.meshgrid(*map(np.arange, kernel_hw), indexing="ij"), -1).reshape(-1, 2)
    correlation = SMOOTH ** np.linalg.norm(taps[:, None] - taps, axis=-1)
    steps = np.round(kernels * 127)
    error = steps - kernels * 127
    for _ in range(2 * len(taps)):
        # What moving each tap by -1 or +1 adds to error^T correlation error.
        slope = 2 * correlation @ error
        move = -np.sign(slope)
        gain = 1 - np.abs(slope)
        gain[np.abs(steps + move) > 127] = 0  # the largest weight stays, and so does the scale
        best = gain.argmin(axis=0)
        here = np.arange(kernels.shape[1])
        moved = np.where(gain[best, here] < 0, move[best, here], 0)
        steps[best, here] += moved
        error[best, here] += moved
        if not moved.any():
            break
    return (steps / 127).astype(np.float32)


def _flat_layers(model):
    for layer in model.layers:
        yield getattr(layer, "layer", layer)


@contextlib.contextmanager
def _range_decay(decay):
    """Activation ranges follow the data with this decay; tfmot has 0.999 fixed, far too slow to settle."""
    original = quant_ops.MovingAvgQuantize

    def with_decay(*args, **kwargs):
        return original(*args, **{**kwargs, "ema_decay": decay})

    quant_ops.MovingAvgQuantize = with_decay
    try:
        yield
    finally:
        quant_ops.MovingAvgQuantize = original


def settle_ranges(branch, batches):
    """Lets every activation range follow the data, without training.

    Args:
        branch: `Branch` with fake quantization, or what else has a `pair` for batches of pairs.
        batches: iterable of `SETTLING_BATCHES` batches of pairs.
    """
    with _range_decay(SETTLING_DECAY):
        settle = tf.function(lambda pair: branch.pair(pair, training=True), autograph=False)
        for pair in batches:
            settle(pair)


def fine_tune(branch, batches, steps, loss, learning_rate, report=lambda step, loss: None):
    """Trains the weights under fake quantization.

    Args:
        branch: `Branch` with settled ranges.
        batches: iterable of at least `steps` batches of pairs.
        steps: optimizer steps.
        loss: (result of `Branch.pair`, pair) -> () float: `pair_loss` or `likeness_loss`, with its other arguments given.
        learning_rate: at the start, falling to 0 as a cosine.
        report: called with (step, loss) ten times in all, and at least every 100 steps.

    Raises:
        InputError: if the loss becomes infinite or NaN.
    """
    # Ranges are variables of the quantizers and not trained by gradients.
    models = [part for part in branch.parts.values() if isinstance(part, tf_keras.Model)]
    variables = [variable for model in models for variable in model.trainable_variables]
    optimizer = tf_keras.optimizers.Adam(tf_keras.optimizers.schedules.CosineDecay(learning_rate, steps))

    def step_function(moving_ranges):
        @tf.function(autograph=False)
        def step(pair):
            with tf.GradientTape() as tape:
                value = loss(branch.pair(pair, training=moving_ranges), pair)
            gradients = tape.gradient(value, variables, unconnected_gradients="zero")
            optimizer.apply_gradients(zip(gradients, variables, strict=True))
            return value

        return step

    moving, fixed = step_function(True), step_function(False)
    every = min(100, max(1, steps // 10))
    with _range_decay(SETTLING_DECAY):
        for number, pair in zip(range(steps), batches, strict=False):
            value = (moving if number < FREEZE_RANGES_AFTER * steps else fixed)(pair)
            if number % every == every - 1 or number == steps - 1:
                if not tf.math.is_finite(value):
                    raise InputError(f"Fine-tuning diverged at step {number + 1}. Lower --learning-rate.")
                report(number + 1, float(value))


def pair_loss(result, pair, margin, teacher):
    """The loss of the training on the outputs of `Branch.pair`, and how far they look from where the branch in float looks.

    Pair labels alone, without the training's scale prior, let the target areas shrink.
    """
    distance = result["distance"]
    if "logit" in result:
        distance = euclidean_distance(result["embedding0"], result["embedding1"])
    loss = contrastive_loss(pair["label"], distance, margin)
    if "logit" in result:
        loss += joined_loss(pair["label"], result["logit"])
    if "theta0" in result:
        for i in (0, 1):
            wanted = teacher.see(pair[f"image{i}"])["theta"]
            loss += tf.reduce_mean(tf.abs(result[f"theta{i}"] - wanted)) / 2
    return loss


def likeness_loss(result, pair, teacher):
    """How unlike the outputs of `Branch.pair` are to those of the branch in float: 1 - cosine, and L1 for theta.

    Not what the pair is, but what the float network says of it: labels of a few hundred pairs would teach a large
    network these pairs, while the float network's answers only teach it to stay what it was.

    Source: knowledge distillation, Hinton et al. 2015 (arXiv:1503.02531), of a network into its own quantized form.
    """
    wanted = teacher.pair(pair)
    loss = 0.0
    for i in (0, 1):
        loss += _unlike(result[f"embedding{i}"], wanted[f"embedding{i}"]) / 2
        if f"theta{i}" in result:
            loss += tf.reduce_mean(tf.abs(result[f"theta{i}"] - wanted[f"theta{i}"])) / 2
    for name in result.get("shown", ()):
        loss += _unlike(result["shown"][name], wanted["shown"][name])
    return loss


def _unlike(vectors0, vectors1):
    return 1.0 - tf.reduce_mean(tf.reduce_sum(vectors0 * vectors1, axis=-1))
