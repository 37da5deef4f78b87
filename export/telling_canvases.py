"""Canvases of trials, for the export of a teller: those that settle its ranges, and those that its file is compared on."""

import numpy as np

from export.map_pictures import COMPARED, SEED
from getnet_tf.errors import InputError
from getnet_tf.individuals.telling.trials import MADE_BY, ROLES, paths_in, read

LEAST = 2  # trials: one that settles, and one that is compared on


class TrialCanvases:
    """Canvases of the trials of a folder.

    Args:
        folder: of trials.

    Raises:
        InputError: if there are too few.
    """

    noun, AT_ONCE = "canvases", 8

    def __init__(self, folder):
        paths = np.random.default_rng(SEED).permutation(paths_in(folder))
        if len(paths) < LEAST:
            raise InputError(f"{folder}: expected at least {LEAST} trials, found {len(paths)}. {MADE_BY}.")
        # Neighbours in a folder may show one thing.
        self.settling_paths, self.compared_paths = np.delete(paths, np.s_[::COMPARED]), paths[::COMPARED]

    def settling(self, batches):
        """Batches of `RebuiltTelling.pair`, (8, 320, 320, 3) float32: a generator. If trials run out, they come again."""
        canvases = self._canvases()
        for _ in range(batches):
            yield np.stack([next(canvases) for _ in range(self.AT_ONCE)])

    def compared(self, most):
        """Canvases (320, 320, 3) float32: a generator of at most `most`, of as many trials."""
        for number, path in enumerate(self.compared_paths[:most]):
            yield _rgb01(read(path).canvases[ROLES[number % len(ROLES)]])

    def _canvases(self):
        """One canvas after the other, without end."""
        while True:
            for path in self.settling_paths:
                yield from map(_rgb01, read(path).canvases.values())


def _rgb01(canvas_u8):
    return canvas_u8.astype(np.float32) / np.float32(255)
