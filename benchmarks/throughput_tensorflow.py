"""The TensorFlow side of `throughput.py`, run by it: the default GetNet, trained end to end.

    python benchmarks/throughput_tensorflow.py FOLDER --threads 2

Leaves `reference.npz` in FOLDER for the PyTorch side: weights, batches, gradients, learning rates and the settings.
Variants are "PRECISION HOW": float32 or bfloat16; graph or XLA.
"""

import argparse
import dataclasses
import itertools
import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import keras
import numpy as np
import tensorflow as tf
from throughput_steps import CHECKED_STEPS, serve

from getnet_tf.config import AlternationConfig, RunConfig
from getnet_tf.data import digits
from getnet_tf.data.pairs import DigitPairs
from getnet_tf.model import GetNet
from getnet_tf.training.alternating import WHOLE, AlternatingTrainer


def served(folder, threads):
    """Writes `reference.npz` for the PyTorch process, then serves."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    config = RunConfig(train=AlternationConfig(schedule="end-to-end"))
    pairs = DigitPairs(digits.load("digits")["train"], config.data, seed=0)
    drawn = [pairs.batch(step, config.train.batch) for step in range(CHECKED_STEPS)]
    arrays = {name: np.stack([batch[name] for batch in drawn]) for name in ("image0", "image1", "label")}
    batches = [{name: tf.constant(values[i]) for name, values in arrays.items()} for i in range(len(drawn))]

    def build_trainer(precision, jit):
        keras.config.set_dtype_policy(precision)
        keras.utils.set_random_seed(config.train.seed)  # the same weights for every variant
        network = GetNet(config.model)
        return AlternatingTrainer(network, dataclasses.replace(config.train, precision=precision, jit=jit))

    def build(variant):
        precision, how = variant.split()
        jit = how == "XLA"
        trainer = build_trainer("mixed_bfloat16" if precision == "bfloat16" else precision, jit)
        step = tf.function(trainer.train_step, jit_compile=jit)
        endless = itertools.cycle(batches)
        return lambda: step(next(endless), WHOLE)["loss"]

    trainer = build_trainer("float32", False)
    network = trainer.network
    parts = (network.theta_from_heat, network.localiser, network.encoder)  # the order of PyTorch's state
    for i, variable in enumerate(variable for part in parts for variable in part.weights):
        arrays[f"weight{i:03}"] = variable.numpy()
    variables = [variable for part in parts for variable in part.trainable_weights]
    with tf.GradientTape() as tape:
        loss = trainer.pair_losses(network(batches[0], training=True), batches[0]["label"])["loss"]
    for i, gradient in enumerate(tape.gradient(loss, [variable.value for variable in variables])):
        arrays[f"gradient{i:03}"] = gradient.numpy()
    arrays["rates"] = np.empty(CHECKED_STEPS)
    for step in range(CHECKED_STEPS):
        trainer.optimizers[WHOLE].iterations.assign(step)
        arrays["rates"][step] = float(trainer.optimizers[WHOLE].learning_rate)
    np.savez(folder / "reference.npz", settings=json.dumps(config.to_json()), **arrays)
    serve(build, {"version": tf.__version__, "batch": config.train.batch})


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=pathlib.Path, help="where to leave reference.npz")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    options = parser.parse_args(argv)
    served(options.folder, options.threads)
    return 0


if __name__ == "__main__":
    sys.exit(main())
