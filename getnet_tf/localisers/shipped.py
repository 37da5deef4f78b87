"""The localiser that the package brings: what to look for is told by the reference, so it serves for objects never seen.

A training on a user's few photos starts from it. It was trained with the shipped model; see edge_demo/models/README.md.
"""

import pathlib

import numpy as np

from edge_demo.whole_file import written_whole

PATH = pathlib.Path(__file__).parent / "shipped.npz"
FITS = "--backbone efficientnet-lite0 --size 224"


def save(network, path=PATH):
    """Writes neck and localiser of a guided `GetNet`, at half precision."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as file:
        np.savez_compressed(file, *[np.asarray(v.numpy(), np.float16) for v in _variables(network)])


def fits(network, path=PATH):
    """Whether the shipped weights are those of a network like this one: guided, and of the shipped model's sizes."""
    if not network.config.takes_reference or not path.is_file():
        return False
    return [value.shape for value in _values(path)] == [tuple(v.shape) for v in _variables(network)]


def load_into(network, path=PATH):
    """Gives neck and localiser of a guided `GetNet` the shipped weights; returns whether they fit."""
    if not fits(network, path):
        return False
    for variable, value in zip(_variables(network), _values(path), strict=True):
        variable.assign(value.astype(np.float32))
    return True


def _values(path):
    with np.load(path) as file:
        return [file[name] for name in file.files]


def _variables(network):
    return network.neck.variables + network.localiser.variables
