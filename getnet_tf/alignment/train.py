"""Trains an aligner: how a thing lies in a picture, from single pictures that nobody has labelled.

    python -m getnet_tf.alignment.train --data photos/ --out runs/align            # about half an hour on two cores
    python -m getnet_tf.alignment.train --data photos/ --out runs/align --resume   # go on after a kill
    python -m getnet_tf.alignment.train --data photos/ --out runs/try --preset quick

The run folder then holds `model.keras` (the checkpoint) and `log.csv`.
"""

import sys

from getnet_tf.alignment import settings
from getnet_tf.alignment.run import run
from getnet_tf.training.on_maps.command import OF_VIEWS, Command

COMMAND = Command(
    "getnet_tf.alignment.train",
    __doc__.splitlines()[0],
    settings.AlignConfig,
    {"full": settings.full, "quick": settings.quick},
    {**OF_VIEWS, "affine_steps": "of the affine regressor, first", "spline_steps": "of the spline's, then"},
    run,
)
main = COMMAND.main

if __name__ == "__main__":
    sys.exit(main())
