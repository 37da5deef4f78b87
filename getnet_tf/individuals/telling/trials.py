"""Trials on disk: a reference, what the search found of the thing itself, and what else it took for the thing.

A file `NAME.npz` holds one, three canvases as the search compares them, and what it makes of them besides the cells.
"""

import dataclasses
import pathlib

import numpy as np

from edge_demo.model.layout.cells import CANVAS_CELLS, CANVAS_PX
from edge_demo.own_file import Damaged, arrays_of, is_finite
from edge_demo.whole_file import written_whole
from getnet_tf.errors import InputError

ROLES = ("reference", "shown", "other")  # canvases of a trial
REST = ("colour", "kind")  # features of the likeness that no training changes
MADE_BY = "Make some with benchmarks/telling_trials.py"


@dataclasses.dataclass(frozen=True, eq=False)
class Trial:
    """`canvases`, dict from `ROLES` to (320, 320, 3) uint8, RGB; `rest` (2, 2) float32, `REST` of the look at the thing, and of that at
    something else; `compared` (20, 20) bool, the cells of the reference that count.
    """

    canvases: dict
    rest: np.ndarray
    compared: np.ndarray


def write(path, trial):
    """Writes a trial; it is whole, or not there."""
    with written_whole(path) as file:
        np.savez_compressed(file, rest=trial.rest, compared=trial.compared, **trial.canvases)


def read(path):
    """Reads a `Trial`. Raises InputError if the file is damaged or none."""
    try:
        arrays = arrays_of(path)
        canvases = {role: arrays[role] for role in ROLES}
        whole = all(is_finite(canvas, np.uint8, (CANVAS_PX, CANVAS_PX, 3)) for canvas in canvases.values())
        whole &= is_finite(arrays["rest"], np.float32, (2, len(REST)))
        compared = arrays["compared"]
        if not (
            whole
            and compared.dtype == bool
            and compared.shape == (CANVAS_CELLS, CANVAS_CELLS)
            and compared.any()
        ):
            raise Damaged("its arrays are not those of a trial")
    except (Damaged, KeyError) as error:
        raise InputError(f"{path}: expected a trial, received: {error}. {MADE_BY}.") from None
    return Trial(canvases, arrays["rest"], compared)


def paths_in(folder):
    """The files of a folder's trials, in order. Raises InputError if there are none."""
    paths = sorted(pathlib.Path(folder).glob("*.npz"))
    if not paths:
        raise InputError(f"No trials in {folder}. Expected files NAME.npz. {MADE_BY}.")
    return paths
