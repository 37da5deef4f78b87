"""A trained aligner as one file: a `.keras` archive that also carries its card."""

from getnet_tf import archive
from getnet_tf.alignment.card import AlignCard
from getnet_tf.alignment.network import Aligner


def save(path, aligner, card):
    """Writes `aligner` and `card` as one `.keras` file, beside first, then renamed."""
    archive.save(path, aligner, card.member, card.to_json())


def load(path):
    """Loads an aligner.

    Args:
        path: the `.keras` file, or the run folder that holds `model.keras`.

    Returns:
        `Aligner`.

    Raises:
        InputError: if there is no such file, it holds no aligner, or it is damaged.
    """
    return AlignCard.load(path, Aligner)
