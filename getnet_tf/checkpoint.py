"""A trained model as one file: a `.keras` archive that also carries its card; and the state of a training."""

import os
import pathlib
import zipfile

import numpy as np

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
    path = pathlib.Path(path)
    partial = path.with_name(f".partial-{path.name}")
    try:
        with open(partial, "wb") as file:
            np.savez(
                file,
                *[np.asarray(v.numpy()) for v in trainer.state],
                step=trainer.step,
                seconds=trainer.seconds,
            )
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def load_state(path, trainer):
    """Reads `save_state`'s file back into a trainer of the same configuration.

    Raises:
        InputError: if the file is damaged or belongs to another configuration.
    """
    advice = "Train into a new folder, or with the settings this one was begun with."
    try:
        with np.load(path) as arrays:
            values = [arrays[f"arr_{i}"] for i in range(len(arrays.files) - 2)]
            step, seconds = int(arrays["step"]), float(arrays["seconds"])
    except (KeyError, ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is not a training state, or a damaged one ({error}). {advice}") from error
    if [v.shape for v in values] != [tuple(v.shape) for v in trainer.state]:
        raise InputError(f"{path} belongs to another network. {advice}")
    for variable, value in zip(trainer.state, values, strict=True):
        variable.assign(value)
    trainer.step, trainer.seconds = step, seconds
