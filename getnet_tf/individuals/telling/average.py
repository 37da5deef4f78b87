"""Averages tellers that began alike into one, which tells things that none of them has seen better than each.

    python -m getnet_tf.individuals.telling.average runs/telling0 runs/telling1 --out runs/telling

Every weight is the mean of theirs.

Source: the uniform soup of Wortsman et al. 2022, "Model soups" (arXiv:2203.05482).
"""

import argparse
import dataclasses
import pathlib
import shlex
import sys

import numpy as np

from getnet_tf import archive
from getnet_tf.card import commit
from getnet_tf.console import start_tensorflow
from getnet_tf.errors import InputError, report_errors
from getnet_tf.individuals.telling.card import TellingCard

MODULE = "getnet_tf.individuals.telling.average"


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {MODULE}", description=__doc__.splitlines()[0], allow_abbrev=False
    )
    parser.add_argument("runs", type=pathlib.Path, nargs="+", metavar="RUN", help="two tellers or more")
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="RUN", help="a new folder")
    return parser


def average(runs, out, command=""):
    """Writes the mean of tellers.

    Args:
        runs: paths of checkpoints or run folders, two at least.
        out: folder that is made, or is empty.
        command: stored in the checkpoint.

    Returns:
        Path of the checkpoint.

    Raises:
        InputError: if one of them is no teller, they are of other sizes, or the folder holds something.
    """
    if len(runs) < 2:
        raise InputError(f"Expected two tellers or more, received {len(runs)}.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is there already. Expected a new folder; give another --out.")
    cards = [TellingCard.read(run) for run in runs]
    for run, card in zip(runs, cards, strict=True):
        if card.config.dim != cards[0].config.dim:
            raise InputError(
                f"{run}: expected cells of {cards[0].config.dim} numbers as {runs[0]} has, found {card.config.dim}."
            )
    start_tensorflow()
    from getnet_tf.individuals.telling.checkpoint import load

    networks = [load(run) for run in runs]
    every = zip(*(network.get_weights() for network in networks), strict=True)
    networks[0].set_weights([np.mean(weights, axis=0) for weights in every])
    seconds = sum(card.seconds for card in cards)
    card = dataclasses.replace(cards[0], command=command, commit=commit(), seconds=seconds, scores={})
    out.mkdir(parents=True, exist_ok=True)
    archive.save(out / "model.keras", networks[0], card.member, card.to_json())
    return out / "model.keras"


def main(argv=None):
    """The command line; returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    return report_errors(lambda: _main(build_parser().parse_args(argv), argv))


def _main(options, argv):
    command = shlex.join(["python", "-m", MODULE, *argv])
    print(f"checkpoint: {average(options.runs, options.out, command)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
