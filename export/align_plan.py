"""What the export of an aligner is asked for, made whole and checked before any work; without TensorFlow."""

import dataclasses
import pathlib

from export.plan import PARITY_IMAGES, check_place
from export.variant import VARIANTS, Variant
from getnet_tf.alignment.card import read_card
from getnet_tf.errors import InputError

FORMS = ("int8-ptq", "float32")  # the first unless one says otherwise
NOT_APPLYING = {"steps": "--steps", "learning_rate": "--learning-rate", "int8_images": "--input int8"}


@dataclasses.dataclass(frozen=True)
class AlignPlan:
    """One export of an aligner, with nothing left open."""

    checkpoint: pathlib.Path  # the `.keras` file or its run folder
    out: pathlib.Path  # the file to write
    variant: Variant
    folder: pathlib.Path  # of the pictures
    pairs: int  # that the parity gate looks at, at most


def align_plan_of(checkpoint, out, variant=None, data=None, images=PARITY_IMAGES, **others):
    """As `plan.plan_of`, of an aligner's checkpoint; `others` do not apply.

    Returns:
        `AlignPlan`.

    Raises:
        InputError: if there is no such checkpoint, no place for the file, or something was asked for that does not apply.
    """
    for name, option in NOT_APPLYING.items():
        if others.get(name) not in (None, False):
            raise InputError(f"{option} does not apply to an aligner. Leave it out.")
    form = FORMS[0] if variant is None else variant
    if form not in FORMS:
        raise InputError(f"--variant {form} does not apply to an aligner. Expected {' or '.join(FORMS)}.")
    checkpoint, out = pathlib.Path(checkpoint), pathlib.Path(out)
    card = read_card(checkpoint)
    check_place(out, "--out")
    if images < 1:
        raise InputError(f"Invalid --parity-images. Expected at least 1, received {images}.")
    return AlignPlan(checkpoint, out, VARIANTS[form], pathlib.Path(data or card.config.source), images)
