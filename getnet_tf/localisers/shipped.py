"""The localiser that the package brings: what to look for is told by the reference, so it serves for objects never seen.

A training on a user's few photos starts from it. It was trained with the shipped model; see edge_demo/models/README.md.
"""

import pathlib

import numpy as np

PATH = pathlib.Path(__file__).parent / "shipped.npz"


def save(network, path=PATH):
    """Writes neck and localiser of a guided `GetNet`, at half precision."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, *[np.asarray(v.numpy(), np.float16) for v in _variables(network)])


def load_into(network, path=PATH):
    """Gives neck and localiser of a guided `GetNet` the shipped weights; returns whether they fit.

    They fit a guided network on EfficientNet-Lite0 of the shipped model's sizes.
    """
    if not network.config.takes_reference or not path.is_file():
        return False
    variables = _variables(network)
    with np.load(path) as file:
        values = [file[name] for name in file.files]
    if [value.shape for value in values] != [tuple(variable.shape) for variable in variables]:
        return False
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value.astype(np.float32))
    return True


def _variables(network):
    return network.neck.variables + network.localiser.variables
