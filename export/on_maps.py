"""From the checkpoint of a network on maps to a file: load, emulate, convert, gate operators, compare, gate parity.

As `exporter`, whose gate of operators it shares. Kept apart, because nothing is calibrated here, and each kind of network is compared
by what it is there for.
"""

import dataclasses
from collections.abc import Callable
from types import ModuleType

from edge_demo.model.metadata import append_json
from edge_demo.native_log import captured_stderr
from export import flatbuffer, quantize
from export.apart import apart
from export.exporter import gate_operators
from getnet_tf.errors import InputError


@dataclasses.dataclass(frozen=True)
class Kind:
    """What is another for each kind of network."""

    load: Callable  # path of a checkpoint -> network
    pictures: Callable  # folder, network -> with `settling(batches)` for `pair` of the steps, `compared(most)`, and a `noun`
    steps: Callable  # network, whether quantized -> the same of tf_keras, for `quantize.settle_ranges`
    to_flatbuffer: Callable  # steps, variant -> bytes
    opened: Callable  # path of a file -> what the camera program asks
    twin: Callable  # network or steps -> the same without a file
    parity: ModuleType  # with `found_by(opened or twin, compared)`, `agreement` of two results of it, and `refusal`
    said: Callable = lambda network: {}  # what the file says of the network besides


@dataclasses.dataclass(frozen=True)
class Report:
    """What was made, and how it was measured. Agreements are those of the kind's parity, with the network in float."""

    variant: str
    bytes: int
    float_file: object
    float_fake: object | None
    partitions: dict  # signature -> pieces that the delegate runs, see `delegate.partitions`
    operators: list  # as `flatbuffer.counted` gives them


def export(kind, plan):
    """Exports a network on maps; the file appears only if the gates hold.

    Args:
        kind: `Kind` of the checkpoint.
        plan: `map_plan.MapPlan`.

    Returns:
        `Report`.

    Raises:
        InputError: if the input is bad or a gate fails.
    """
    # First, so that a place that cannot be written is known before any work.
    with apart(plan.out) as partial:
        network = kind.load(plan.checkpoint)
        pictures = kind.pictures(plan.folder, network)
        print(f"loaded      {plan.checkpoint}", flush=True)
        steps = kind.steps(network, plan.variant.emulated)
        if plan.variant.emulated:
            batches = quantize.SETTLING_BATCHES
            quantize.settle_ranges(steps, pictures.settling(batches))
            print(
                f"settled     ranges of all activations on {batches * pictures.AT_ONCE} {pictures.noun}",
                flush=True,
            )
        content = kind.to_flatbuffer(steps, plan.variant)
        operators, pieces = gate_operators(content, plan.variant)
        partial.write_bytes(content)
        append_json(partial, plan.card.member, said_of(plan) | kind.said(network))
        float_file, float_fake = _compared(kind, partial, network, steps, plan, pictures)
        refusal = kind.parity.refusal(float_file, float_fake)
        if refusal:
            raise InputError(f"The file does not compute what was trained: {refusal}. Nothing was written.")
    size = plan.out.stat().st_size
    print(f"wrote       {plan.out} ({size / 1e3:.0f} kB)")
    return Report(plan.variant.name, size, float_file, float_fake, pieces, flatbuffer.counted(operators))


def said_of(plan):
    """What a file says about itself: dict of `edge_demo.model.metadata.ALIGNER_FIELDS`, and what the plan adds."""
    quantization = "none" if plan.variant.weights == "float32" else plan.variant.name
    return {
        "command": plan.card.command,
        "commit": plan.card.commit,
        "quantization": quantization,
        "scores": plan.card.scores,
        **plan.said,
    }


def _compared(kind, path, network, steps, plan, pictures):
    """Agreements with the network in float: the file's, and its emulation's or None."""
    with captured_stderr():
        opened = kind.opened(path)
    compared, parity, fake = list(pictures.compared(plan.compared)), kind.parity, None
    of_float = parity.found_by(kind.twin(network), compared)
    file = parity.agreement(of_float, parity.found_by(opened, compared))
    print(f"file        against float: {file}", flush=True)
    if plan.variant.emulated:
        fake = parity.agreement(of_float, parity.found_by(kind.twin(steps), compared))
        print(f"emulated    against float: {fake}", flush=True)
    return file, fake
