"""Trainings on the benchmarks' photos; finished ones are reused."""

import sys

import photo_sets

from getnet_tf import train
from getnet_tf.errors import InputError

# Half of the shipped model's. From scratch: the shipped localiser has seen classes that are tested here.
BUDGET = ("--siamese-steps", "300", "--locating-steps", "600", "--scenes", "1500", "--start", "scratch")


def trained(splits, data, out, options, resume=True, command=None, verbose=2):
    """The checkpoint of a run, trained unless it is there.

    Args:
        splits: dict of `Photos`.
        data: folder of the benchmarks' data.
        out: folder of the run.
        options: of `python -m getnet_tf.train`, besides the two.
        resume, verbose: as of `train.run`.
        command: that the checkpoint remembers; None for the process's own.

    Raises:
        InputError: if the options contradict each other.
    """
    try:
        config = train.config_from(train.parse(["--data", str(data), "--out", str(out), *options]))
    except ValueError as error:
        raise InputError(str(error)) from error
    return train.run(config, out, resume, command or " ".join(sys.argv), verbose, splits)


def by_name(splits, name, data, runs, options=()):
    """The run of an experiment in a folder of runs, with the common budget and training's own backgrounds."""
    out = runs / name.replace(" ", "-").replace(",", "").lower()
    behind = photo_sets.training_backgrounds(data, runs / "backgrounds")
    return trained(splits, data, out, ["--backgrounds", str(behind), *BUDGET, *options])
