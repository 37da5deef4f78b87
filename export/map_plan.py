"""What the export of a network on maps, an aligner, a describer, a teller or a coder, is asked for, checked before any work; without TensorFlow."""

import dataclasses
import pathlib

from export.plan import PARITY_IMAGES, check_place
from export.variant import VARIANTS, Variant
from getnet_tf.alignment.card import AlignCard
from getnet_tf.errors import InputError
from getnet_tf.individuals import decision
from getnet_tf.individuals.card import CellsCard
from getnet_tf.individuals.telling.card import TellingCard
from getnet_tf.retrieval.card import CodeCard
from getnet_tf.training.on_maps.card import MapCard

FORMS = ("int8-ptq", "float32")  # the first unless one says otherwise
NOT_APPLYING = {
    "steps": "--steps",
    "learning_rate": "--learning-rate",
    "int8_images": "--input int8",
    "weights": "--decision",  # but to what decides
}
CARDS = (AlignCard, CellsCard, TellingCard, CodeCard)
DECIDING = {CellsCard: decision.PATH, TellingCard: decision.TELLING_PATH}  # and the weights that ship


@dataclasses.dataclass(frozen=True)
class MapPlan:
    """One export of a network on maps, with nothing left open."""

    checkpoint: pathlib.Path  # the `.keras` file or its run folder
    card: MapCard  # of the checkpoint
    out: pathlib.Path  # the file to write
    variant: Variant
    folder: pathlib.Path  # of the pictures
    compared: int  # pictures or pairs that the parity gate looks at, at most
    said: dict  # of the file, beside what the card says


def card_class_of(checkpoint):
    """The class of the card in a checkpoint of a network on maps: of `CARDS`, or None if it is none."""
    return next((kind for kind in CARDS if kind.is_in(checkpoint)), None)


def map_plan_of(checkpoint, out, variant=None, data=None, images=PARITY_IMAGES, weights=None, **others):
    """As `plan.plan_of`, of a network on maps; `others` do not apply.

    Args:
        weights: file of the decision by a describer's or teller's cells, see `decision.read`; None: the one that ships. To
            others it does not apply.

    Returns:
        `MapPlan`.

    Raises:
        InputError: if there is no such checkpoint, no place for the file, or something was asked for that does not apply.
    """
    checkpoint, out = pathlib.Path(checkpoint), pathlib.Path(out)
    card = card_class_of(checkpoint).read(checkpoint)
    decides = type(card) in DECIDING
    noun = f"{'an' if card.noun[0] in 'aeiou' else 'a'} {card.noun}"
    given = {**others, "weights": None if decides else weights}
    for name, option in NOT_APPLYING.items():
        if given.get(name) not in (None, False):
            raise InputError(f"{option} does not apply to {noun}. Leave it out.")
    form = FORMS[0] if variant is None else variant
    if form not in FORMS:
        raise InputError(f"--variant {form} does not apply to {noun}. Expected {' or '.join(FORMS)}.")
    check_place(out, "--out")
    if images < 1:
        raise InputError(f"Invalid --parity-images. Expected at least 1, received {images}.")
    said = {"layout": decision.read(weights or DECIDING[type(card)])} if decides else {}
    folder = pathlib.Path(data or card.config.source)
    return MapPlan(checkpoint, card, out, VARIANTS[form], folder, images, said)
