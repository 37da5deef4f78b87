"""A network as one `.keras` file that also carries its card: written whole or not at all, and read back with one line for what is wrong."""

import json
import pathlib
import warnings
import zipfile

import numpy as np

from edge_demo import own_file
from edge_demo.whole_file import beside
from getnet_tf.errors import InputError


def save(path, network, member, fields):
    """Writes a network and, as `member` of the archive, `fields` as JSON: beside first, then renamed."""
    with beside(pathlib.Path(path)) as partial:
        network.save(partial)
        with zipfile.ZipFile(partial, "a") as archive:
            archive.writestr(member, json.dumps(fields, indent=1))


def read_fields(path, member, without, advice):
    """What a file's card says, without its network.

    Args:
        path: of the `.keras` file itself.
        member: of the archive.
        without: what a file is that has no such member, for the message.
        advice: what to do then.

    Returns:
        The fields that `save` was given.

    Raises:
        InputError: if there is no such file, it has no such member, or it is damaged.
    """
    if not path.is_file():
        raise InputError(f"No such checkpoint: {path}. {advice}")
    try:
        return own_file.parsed(own_file.member_of(path, member))
    except own_file.Lacking as error:
        raise InputError(f"{path} {without}: {error}. {advice}") from error
    except own_file.Damaged as error:
        raise InputError(f"{path} is not a checkpoint, or a damaged one ({error}). {advice}") from error


def load_network(path, advice):
    """The network of a file, a Keras model. Raises InputError if it does not load, or a weight is not finite."""
    import keras

    try:
        with own_file.opened(path):  # what it unpacks to has a limit
            pass
        with warnings.catch_warnings():
            # Dozens of lines for each layer that does not fit; the error says it once.
            warnings.simplefilter("ignore")
            network = keras.saving.load_model(path, compile=False)
        if not all(np.isfinite(value).all() for value in network.get_weights()):
            raise ValueError("a weight is not finite")
        return network
    except Exception as error:  # whatever Keras meets in an archive of another version
        reason = ": ".join([type(error).__name__, *str(error).strip().splitlines()[:1]])
        raise InputError(f"{path} does not load ({reason}). {advice}") from error
