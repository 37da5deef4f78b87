"""A trained describer, out of its file."""

from getnet_tf.individuals.card import CellsCard
from getnet_tf.individuals.network import Describer


def load(path):
    """Loads a describer.

    Args:
        path: the `.keras` file, or the run folder that holds `model.keras`.

    Returns:
        `Describer`.

    Raises:
        InputError: if there is no such file, it holds no describer, or it is damaged.
    """
    return CellsCard.load(path, Describer)
