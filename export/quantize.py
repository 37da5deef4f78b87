"""Quantization-aware fine-tuning: the only file that knows tf_keras.

tfmot speaks only tf_keras, so the flat models are built a second time by the same functions, with the weights copied.
The order matters: the activation ranges are settled first, then the weights are fine-tuned under them. Ranges that are
still moving make fake quantization coarser than the converted file, and fine-tuning learns to live with noise that is
not there.
"""

import contextlib

import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras
from tensorflow_model_optimization.python.core.quantization.keras import quant_ops

from export.branch import Branch
from getnet_tf.encoder import build_encoder
from getnet_tf.errors import InputError
from getnet_tf.localiser import build_localiser
from getnet_tf.losses import contrastive_loss, euclidean_distance, joined_loss
from getnet_tf.model import build_joined_decision

SETTLING_BATCHES = 60  # with a decay of 0.9 the start has weight 0.002 after these
SETTLING_DECAY = 0.9
FREEZE_RANGES_AFTER = 0.5  # of the fine-tuning: from there the ranges stay, and only the weights move


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
    config, gain = network.config, 1.0
    localiser = joined = None
    if network.localiser is not None:
        gain = float(network.theta_from_heat.gain.numpy())
        localiser = _rebuilt(network.localiser, build_localiser, config, quantized)
    if network.joined is not None:
        joined = _rebuilt(network.joined, build_joined_decision, config, quantized)
    return Branch(
        config, gain, localiser, _rebuilt(network.encoder, build_encoder, config, quantized), joined
    )


def _rebuilt(trained, build, config, quantized):
    model = build(config, tf_keras)
    copy_weights(trained, model)
    if not quantized:
        return model
    try:
        model = tfmot.quantization.keras.quantize_model(model)
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


def run_pair(branch, pair, training):
    """A branch on a batch of pairs: {"theta": (2B, P)}, {"embedding0", "embedding1": (B, E)}, {"logit": (B,)}."""
    found = branch.find(tf.concat([pair["image0"], pair["image1"]], 0), training)
    embedding0, embedding1 = tf.split(found["embedding"], 2)
    result = {**found, "embedding0": embedding0, "embedding1": embedding1}
    if branch.joined is not None:
        result["logit"] = branch.compare(embedding0, embedding1, training)["logit"][:, 0]
    return result


def settle_ranges(branch, batches):
    """Lets every activation range follow the data, without training.

    Args:
        branch: `Branch` with fake quantization.
        batches: iterable of `SETTLING_BATCHES` batches of pairs.
    """
    with _range_decay(SETTLING_DECAY):
        settle = tf.function(lambda pair: run_pair(branch, pair, training=True))
        for pair in batches:
            settle(pair)


def fine_tune(branch, batches, steps, margin, learning_rate, report=lambda step, loss: None):
    """Trains the weights under fake quantization, with the losses of the training.

    Args:
        branch: `Branch` with settled ranges.
        batches: iterable of at least `steps` batches of pairs.
        steps: optimizer steps.
        margin: of the contrastive loss.
        learning_rate: at the start, falling to 0 as a cosine.
        report: called with (step, loss) every 100 steps.

    Raises:
        InputError: if the loss becomes infinite or NaN.
    """
    models = [model for model in (branch.localiser, branch.encoder, branch.joined) if model is not None]
    # Ranges are variables of the quantizers and not trained by gradients.
    variables = [variable for model in models for variable in model.trainable_variables]
    optimizer = tf_keras.optimizers.Adam(tf_keras.optimizers.schedules.CosineDecay(learning_rate, steps))

    def step_function(moving_ranges):
        @tf.function
        def step(pair):
            with tf.GradientTape() as tape:
                loss = pair_loss(run_pair(branch, pair, moving_ranges), pair["label"], margin)
            optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
            return loss

        return step

    moving, fixed = step_function(True), step_function(False)
    with _range_decay(SETTLING_DECAY):
        for number, pair in zip(range(steps), batches, strict=False):
            loss = (moving if number < FREEZE_RANGES_AFTER * steps else fixed)(pair)
            if number % 100 == 99 or number == steps - 1:
                if not tf.math.is_finite(loss):
                    raise InputError(f"Fine-tuning diverged at step {number + 1}. Lower --learning-rate.")
                report(number + 1, float(loss))


def pair_loss(result, label, margin):
    """The loss of the training on the outputs of `run_pair`; its scale prior has faded by the end of a training."""
    distance = euclidean_distance(result["embedding0"], result["embedding1"])
    loss = contrastive_loss(label, distance, margin)
    if "logit" in result:
        loss += joined_loss(label, result["logit"])
    return loss
