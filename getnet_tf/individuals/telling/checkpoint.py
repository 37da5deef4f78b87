"""A trained teller, out of its file."""

from getnet_tf.individuals.telling.card import TellingCard
from getnet_tf.individuals.telling.network import Teller


def load(path):
    """Loads a teller.

    Args:
        path: the `.keras` file, or the run folder that holds `model.keras`.

    Returns:
        `Teller`.

    Raises:
        InputError: if there is no such file, it holds no teller, or it is damaged.
    """
    return TellingCard.load(path, Teller)
