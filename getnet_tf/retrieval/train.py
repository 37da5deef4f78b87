"""Trains codes: pictures of one kind lie nearer to each other than to those of others.

    python -m getnet_tf.retrieval.train --data photos/ --out runs/code                    # photos/cup/*.jpg show cups
    python -m getnet_tf.retrieval.train --data photos/ --out runs/code --resume           # go on after a kill
    python -m getnet_tf.retrieval.train --data photos/ --out runs/vlad --head netvlad --loss weak-triplet
    python -m getnet_tf.retrieval.train --data photos/ --out runs/pca --steps 0           # a whitening alone
    python -m getnet_tf.retrieval.train --data photos/ --out runs/try --preset quick      # seconds

The run folder then holds `model.keras` (the checkpoint) and `log.csv`.
"""

import sys

from getnet_tf.retrieval import settings
from getnet_tf.retrieval.run import run
from getnet_tf.training.on_maps.command import Command

COMMAND = Command(
    "getnet_tf.retrieval.train",
    __doc__.splitlines()[0],
    settings.CodeConfig,
    {"full": settings.full, "quick": settings.quick},
    {
        "head": "spoc, mac, rmac, crow, gem or netvlad",
        "centres": "of netvlad",
        "dim": "numbers of a code",
        "power": "of the whitening that it begins with: 0: components alone; 1: all vary alike",
        "loss": ", ".join(settings.LOSS_NAMES),
        "each": "pictures of a kind in a batch",
        "steps": "of the training; 0: the principal components alone",
    },
    run,
    "a folder of pictures for each kind of thing",
)
main = COMMAND.main

if __name__ == "__main__":
    sys.exit(main())
