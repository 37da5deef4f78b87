"""A trained aligner as one file: a `.keras` archive that also carries its card."""

import dataclasses
import json
import os
import pathlib
import warnings
import zipfile

import keras

from getnet_tf.alignment.card import ADVICE, MEMBER, read_card
from getnet_tf.alignment.network import Aligner
from getnet_tf.card import file_of
from getnet_tf.errors import InputError


def save(path, aligner, card):
    """Writes `aligner` and `card` as one `.keras` file, beside first, then renamed."""
    path = pathlib.Path(path)
    partial = path.with_name(f".partial-{path.name}")
    try:
        aligner.save(partial)
        with zipfile.ZipFile(partial, "a") as archive:
            fields = {**dataclasses.asdict(card), "config": card.config.to_json()}
            archive.writestr(MEMBER, json.dumps(fields, indent=1))
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def load(path):
    """Loads an aligner.

    Args:
        path: the `.keras` file, or the run folder that holds `model.keras`.

    Returns:
        `Aligner`.

    Raises:
        InputError: if there is no such file, it holds no aligner, or it is damaged.
    """
    card, path = read_card(path), file_of(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the error says once what is wrong
            aligner = keras.saving.load_model(path, compile=False)
    except Exception as error:  # whatever Keras meets in an archive of another version
        reason = ": ".join([type(error).__name__, *str(error).strip().splitlines()[:1]])
        raise InputError(f"{path} does not load ({reason}). {ADVICE}") from error
    if not isinstance(aligner, Aligner) or aligner.image_hw != card.config.image_hw:
        raise InputError(f"{path} holds another network than its {MEMBER} says. Train it again.")
    return aligner
