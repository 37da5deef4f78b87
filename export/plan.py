"""What an export is asked for, made whole and checked before any work; without TensorFlow."""

import dataclasses
import pathlib

from export.variant import VARIANTS, Variant
from getnet_tf.backbones import PRETRAINED
from getnet_tf.card import read_card
from getnet_tf.errors import InputError

STEPS, LEARNING_RATE = 600, 1e-4  # of fine-tuning
# Large pretrained networks are not fine-tuned unless one asks for it: with ranges settled and kernels fitted, a few hundred
# pairs only took them further from float (mean cosine of the embeddings 0.92 after 40 steps, 0.95 without).
PRETRAINED_STEPS, PRETRAINED_LEARNING_RATE = 0, 1e-5
PARITY_IMAGES = 500


@dataclasses.dataclass(frozen=True)
class Plan:
    """One export, with nothing left open."""

    checkpoint: pathlib.Path  # the `.keras` file or its run folder
    out: pathlib.Path  # the file to write
    variant: Variant
    steps: int  # of fine-tuning under fake quantization
    learning_rate: float  # of fine-tuning, at the start
    data: str | None  # source of pictures; None: that of the training
    images: int  # that the parity gate looks at, at most
    int8_images: bool  # whether the file takes images as int8


def plan_of(
    checkpoint,
    out,
    variant=None,
    steps=None,
    learning_rate=None,
    data=None,
    images=PARITY_IMAGES,
    int8_images=False,
):
    """Fills in what was not said, by what the checkpoint's network needs.

    A file is named after what was done: without fine-tuning it is `int8-ptq`, and `int8-qat` only with.

    Args:
        checkpoint, out, data, images, int8_images: as in `Plan`.
        variant: a name in `VARIANTS`; None: int8, fine-tuned if there are steps.
        steps, learning_rate: None for the network's own: `STEPS` and `LEARNING_RATE`, or with a pretrained backbone
            `PRETRAINED_STEPS` and `PRETRAINED_LEARNING_RATE`.

    Returns:
        `Plan`.

    Raises:
        InputError: if there is no such checkpoint, no place for the file, or two settings contradict each other.
    """
    checkpoint, out = pathlib.Path(checkpoint), pathlib.Path(out)
    pretrained = read_card(checkpoint).config.model.backbone in PRETRAINED
    check_place(out, "--out")
    if images < 1:
        raise InputError(f"Invalid --parity-images. Expected at least 1, received {images}.")
    form, steps = _form_and_steps(variant, steps, pretrained)
    learning_rate = _learning_rate(learning_rate, form, pretrained)
    return Plan(checkpoint, out, form, steps, learning_rate, data, images, int8_images)


def sensible_variants(checkpoint):
    """The variants that a checkpoint is exported to without further settings: list of names."""
    pretrained = read_card(checkpoint).config.model.backbone in PRETRAINED
    return [name for name, form in VARIANTS.items() if not (form.fine_tuned and pretrained)]


def check_place(path, option):
    """Raises InputError unless a file can be made at `path`, which the user gave as `option`."""
    if not path.parent.is_dir():
        raise InputError(f"No such folder: {path.parent}. Make it, or give another {option}.")
    if path.is_dir():
        raise InputError(f"{path} is a folder. Give {option} the name of a file in it.")


def _form_and_steps(variant, steps, pretrained):
    if steps is not None and steps < 0:
        raise InputError(f"Invalid --steps. Expected at least 0, received {steps}.")
    own = PRETRAINED_STEPS if pretrained else STEPS
    if variant is None:
        steps = own if steps is None else steps
        return VARIANTS["int8-qat" if steps else "int8-ptq"], steps
    form = VARIANTS[variant]
    if not form.fine_tuned and steps:
        raise InputError(
            f"--steps {steps} does not apply to {variant}, which is not fine-tuned. Leave it out, or take --variant int8-qat."
        )
    steps = (own if form.fine_tuned else 0) if steps is None else steps
    if form.fine_tuned and not steps:
        why = "with a pretrained backbone, unless --steps says otherwise" if pretrained else "with --steps 0"
        raise InputError(
            f"int8-qat is fine-tuned, and there would be no step of it {why}. Take --variant int8-ptq, or give --steps."
        )
    return form, steps


def _learning_rate(learning_rate, form, pretrained):
    if learning_rate is None:
        return PRETRAINED_LEARNING_RATE if pretrained else LEARNING_RATE
    if not form.fine_tuned:
        raise InputError(
            f"--learning-rate does not apply to {form.name}, which is not fine-tuned. Leave it out, or give --steps."
        )
    if not 0 < learning_rate <= 1:
        raise InputError(
            f"Invalid --learning-rate. Expected more than 0 and at most 1, received {learning_rate}."
        )
    return learning_rate
