"""A trained model as one file: a `.keras` archive that also carries its card; and the state of a training."""

import math
import pathlib

import numpy as np

from edge_demo.own_file import arrays_of
from edge_demo.whole_file import written_whole
from getnet_tf import archive
from getnet_tf.card import ADVICE, MEMBER, file_of, read_card
from getnet_tf.errors import InputError
from getnet_tf.model import GetNet


def save(path, network, card):
    """Writes `network` and `card` as one `.keras` file, beside first, then renamed."""
    archive.save(path, network, MEMBER, card.to_json())


def load(path):
    """Loads a checkpoint.

    Args:
        path: the `.keras` file, or the run folder that holds `model.keras`.

    Returns:
        (GetNet, Card)

    Raises:
        InputError: if there is no such file, it is no checkpoint of ours, or it is damaged.
    """
    card, path = read_card(path), file_of(path)
    network = archive.load_network(path, ADVICE)
    if not isinstance(network, GetNet) or network.config != card.config.model:
        raise InputError(f"{path} holds another network than its {MEMBER} says. Train the model again.")
    return network, card


def save_state(path, trainer):
    """Writes everything a resumed training needs: every variable of network and optimizers, the step, the time."""
    values = [np.asarray(v.numpy()) for v in trainer.state]
    with written_whole(pathlib.Path(path)) as file:
        np.savez(file, *values, step=trainer.step, seconds=trainer.seconds)


def load_state(path, trainer):
    """Reads `save_state`'s file back into a trainer of the same configuration.

    Raises:
        InputError: if the file is damaged or belongs to another configuration.
    """
    advice = "Train into a new folder, or with the settings this one was begun with."
    try:
        arrays = arrays_of(path)
        values = [arrays[f"arr_{i}"] for i in range(len(arrays) - 2)]
        step, seconds = arrays["step"].item(), float(arrays["seconds"])
        ends = range(0, trainer.config.steps + 1, trainer.config.log_every)  # of intervals
        if step not in ends:
            raise ValueError(f"step {step!r:.40}, expected a multiple of {ends.step} up to {ends[-1]}")
        if not 0 <= seconds < math.inf or not all(np.isfinite(value).all() for value in values):
            raise ValueError("a number that no training has")
    except (KeyError, ValueError, TypeError, FileNotFoundError) as error:
        raise InputError(f"{path} is not a training state, or a damaged one ({error}). {advice}") from error
    received = [(value.shape, value.dtype) for value in values]
    if received != [(tuple(v.shape), np.asarray(v.numpy()).dtype) for v in trainer.state]:
        raise InputError(f"{path} belongs to another network. {advice}")
    for variable, value in zip(trainer.state, values, strict=True):
        variable.assign(value)
    trainer.step, trainer.seconds = int(step), seconds
