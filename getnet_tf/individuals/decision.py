"""The weights by which the search decides whether a thing is this one: fitted to the cells of a describer, or of a teller, and shipped."""

import pathlib

from edge_demo.model.metadata import LAYOUT_FIELDS
from edge_demo.own_file import Damaged, is_number, read_json
from getnet_tf.errors import InputError

PATH = pathlib.Path(__file__).parent / "decision.json"  # by a describer's cells
TELLING_PATH = pathlib.Path(__file__).parent / "telling" / "decision.json"  # by a teller's


def read(path=PATH):
    """The weights of a JSON file, an object of numbers: dict, what the metadata of a model file has as `layout`.

    Raises:
        InputError: if there is no such file, or it says something else.
    """
    expected = f"expected a JSON object of the numbers {', '.join(LAYOUT_FIELDS)}"
    try:
        weights = read_json(path)
    except FileNotFoundError:
        raise InputError(f"No such file: {path}, {expected}. Give another --decision.") from None
    except Damaged as error:
        raise InputError(f"{path}: {expected}, received no JSON: {error}.") from None
    named = isinstance(weights, dict) and set(weights) == set(LAYOUT_FIELDS)
    if not named or not all(is_number(one) for one in weights.values()):
        raise InputError(f"{path}: {expected}, received {weights!r:.80}.")
    return weights
