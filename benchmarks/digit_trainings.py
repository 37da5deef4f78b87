"""The trainings that `digits.py` compares: which there are, their budget, and several of them at a time."""

import concurrent.futures
import dataclasses
import subprocess
import sys

import bench

from getnet_tf.card import read_card
from getnet_tf.errors import InputError

LEARNING_RATES = (0.001, 0.002, 0.004)
SEEDS = (0, 1, 2)
NETWORKS = {
    "GetNet": (),
    "Siamese": ("--localiser", "none"),
    "Siamese, pooled": ("--localiser", "none", "--head", "average"),
}
# GetNet's scale prior, where the default of `AlternationConfig` is not the best on validation pairs: in clutter the target
# area must not close before the network knows a digit from a piece of one (96.5 % with the default, 98.4 % with this).
AREA_WEIGHTS = {"cluttered": 0.04}


@dataclasses.dataclass(frozen=True)
class Budget:
    """Labelled pairs of each training."""

    long: int = 300_000  # `noise` 0.3, every network
    short: int = 150_000  # the other data sets, every network
    search: int = 25_600
    ablation: int = 102_400
    parity_images: int = 2_000


QUICK = Budget(long=25_600, short=12_800, search=6_400, ablation=6_400, parity_images=200)


class Trainings:
    """Trains what a table needs, several at a time; finished runs are reused.

    Args:
        data: source of the digits.
        folder: of the runs.
        jobs: trainings at a time, one thread each.
    """

    def __init__(self, data, folder, jobs):
        self.data, self.folder = data, folder
        self.pool = concurrent.futures.ThreadPoolExecutor(jobs)

    def start(self, name, pairs, *options):
        """Starts `python -m getnet_tf.train` in the background; returns a future of the run's folder."""
        return self.pool.submit(self._train, name, ["--pairs", str(pairs), *map(str, options)])

    def _train(self, name, options):
        out = self.folder / name
        command = [sys.executable, "-m", "getnet_tf.train", "--data", self.data, "--out", out, "--resume"]
        command += ["--threads", "1", *options]
        with open(self.folder / f"{name}.log", "a") as log:
            done = subprocess.run([*map(str, command)], stdout=log, stderr=subprocess.STDOUT)
        if done.returncode:
            raise InputError(f"Training {name} failed; its log is {log.name}.")
        bench.say(f"trained     {name}")
        return out

    def close(self):
        """Starts no more; without this a failure would be followed by hours of what is left in the queue."""
        self.pool.shutdown(cancel_futures=True)

    def search(self, model, pairs, *options):
        """Starts a training with every learning rate: dict of futures."""
        return {
            rate: self.start(slug("search", model, str(rate)), pairs, "--learning-rate", rate, *options)
            for rate in LEARNING_RATES
        }


def validation_accuracies(search):
    """Waits for the trainings of a `search`: dict of learning rate -> accuracy on validation pairs."""
    return {rate: read_card(run.result()).scores["val_pair_accuracy"] for rate, run in search.items()}


def slug(*names):
    """Names of data sets and networks in a folder: noise-0.6-siamese-pooled."""
    return "-".join(names).replace(",", "").replace(" ", "-").lower()
