"""Trains a describer: maps whose cells know this thing from others of its kind.

    python -m getnet_tf.individuals.train --data photos/ --things objects/ --out runs/cells
    python -m getnet_tf.individuals.train --data photos/ --things objects/ --out runs/cells --resume   # go on after a kill
    python -m getnet_tf.individuals.train --data photos/ --out runs/photos                             # without scanned things
    python -m getnet_tf.individuals.train --data photos/ --out runs/try --preset quick                 # seconds

The run folder then holds `model.keras` (the checkpoint) and `log.csv`. Things are drawn, which takes the extra [render].
"""

import sys

from getnet_tf.individuals import settings
from getnet_tf.individuals.run import run
from getnet_tf.training.on_maps.command import OF_VIEWS, Command

COMMAND = Command(
    "getnet_tf.individuals.train",
    __doc__.splitlines()[0],
    settings.CellsConfig,
    {"full": settings.full, "quick": settings.quick},
    {
        **OF_VIEWS,
        "things": "with scans, NAME.npz and NAME.jpg, to draw from all sides",
        "triples": "of a thing, another view of it and its look-alike, drawn",
        "dim": "numbers that describe a cell",
        "temperature": "of the contrast",
        "steps": "of the training",
    },
    run,
)
main = COMMAND.main

if __name__ == "__main__":
    sys.exit(main())
