"""Trains a teller: cells that tell this thing from what the search took for it.

    python benchmarks/telling_trials.py --data PATH --out runs/trials                        # what it learns from
    python -m getnet_tf.individuals.telling.train --data runs/trials --out runs/telling
    python -m getnet_tf.individuals.telling.train --data runs/trials --out runs/telling --resume   # go on after a kill
    python -m getnet_tf.individuals.telling.train --data runs/trials --out runs/try --preset quick

It goes on from the describer that ships. The run folder then holds `model.keras` (the checkpoint) and `log.csv`.
"""

import sys

from getnet_tf.individuals.telling import settings
from getnet_tf.individuals.telling.run import run
from getnet_tf.training.on_maps.command import Command

COMMAND = Command(
    "getnet_tf.individuals.telling.train",
    __doc__.splitlines()[0],
    settings.TellingConfig,
    {"full": settings.full, "quick": settings.quick},
    {
        "pictures": "trials of the folder, read at most",
        "watched": "with trials to watch (default: every eighth of the others)",
        "dim": "numbers that describe a cell",
        "steps": "of the training",
        "kept": "of what was learned, above 0, at most 1",
    },
    run,
    data="trials, NAME.npz, as benchmarks/telling_trials.py makes them",
)
main = COMMAND.main

if __name__ == "__main__":
    sys.exit(main())
