"""From an aligner's checkpoint to a file, step by step: load, emulate, convert, gate operators, compare, gate parity.

As `exporter`, whose gate of operators it shares. Kept apart, because nothing is calibrated here, and what is compared is where
points are carried to.
"""

import dataclasses

from ai_edge_litert.interpreter import Interpreter

from edge_demo.model.alignment.aligner import Aligner
from edge_demo.model.metadata import append_json
from edge_demo.native_log import captured_stderr
from export import align_parity, flatbuffer, quantize
from export.align_pairs import ExportPairs
from export.align_steps import RebuiltSteps, to_flatbuffer
from export.exporter import beside, gate_operators
from getnet_tf.alignment import checkpoint
from getnet_tf.alignment.card import MEMBER, read_card
from getnet_tf.alignment.twin import Twin
from getnet_tf.errors import InputError

AT_ONCE = 4  # pairs that settle ranges together, six pictures each


@dataclasses.dataclass(frozen=True)
class Report:
    """What was made, and how it was measured."""

    variant: str
    bytes: int
    float_file: align_parity.Agreement
    float_fake: align_parity.Agreement | None
    partitions: dict  # signature -> pieces that the delegate runs, see `delegate.partitions`
    operators: list  # as `flatbuffer.counted` gives them


def export(plan):
    """Exports an aligner; the file appears only if the gates hold.

    Args:
        plan: `align_plan.AlignPlan`.

    Returns:
        `Report`.

    Raises:
        InputError: if the input is bad or a gate fails.
    """
    # First, so that a place that cannot be written is known before any work.
    with beside(plan.out) as partial:
        network, pairs = _loaded(plan)
        steps = RebuiltSteps(network, plan.variant.emulated)
        if plan.variant.emulated:
            quantize.settle_ranges(steps, pairs.settling(quantize.SETTLING_BATCHES, AT_ONCE))
            print(
                f"settled     ranges of all activations on {quantize.SETTLING_BATCHES * AT_ONCE} pairs",
                flush=True,
            )
        content = to_flatbuffer(steps, plan.variant)
        operators, pieces = gate_operators(content, plan.variant)
        partial.write_bytes(content)
        append_json(partial, MEMBER, said_of(read_card(plan.checkpoint), plan.variant))
        float_file, float_fake = _compared(partial, network, steps, plan, pairs)
        refusal = align_parity.refusal(float_file, float_fake)
        if refusal:
            raise InputError(f"The file does not compute what was trained: {refusal}. Nothing was written.")
    size = plan.out.stat().st_size
    print(f"wrote       {plan.out} ({size / 1e3:.0f} kB)")
    return Report(plan.variant.name, size, float_file, float_fake, pieces, flatbuffer.counted(operators))


def said_of(card, variant):
    """What a file says about itself: dict of `edge_demo.model.metadata.ALIGNER_FIELDS`."""
    return {
        "command": card.command,
        "commit": card.commit,
        "quantization": "none" if variant.weights == "float32" else variant.name,
        "scores": card.scores,
    }


def _loaded(plan):
    network = checkpoint.load(plan.checkpoint)
    pairs = ExportPairs(plan.folder, network.image_hw)
    print(f"loaded      {plan.checkpoint}", flush=True)
    return network, pairs


def _compared(path, network, steps, plan, pairs):
    """Agreements with the network in float: the file's, and its emulation's or None."""
    with captured_stderr():
        aligner = Aligner(Interpreter(model_path=str(path), num_threads=2))
        aligner.warm_up()
    pictures = list(pairs.compared(plan.pairs))
    of_float, fake = align_parity.found_by(Twin(network), pictures), None
    file = align_parity.agreement(of_float, align_parity.found_by(aligner, pictures))
    print(f"file        against float: {file}", flush=True)
    if plan.variant.emulated:
        fake = align_parity.agreement(of_float, align_parity.found_by(Twin(steps), pictures))
        print(f"emulated    against float: {fake}", flush=True)
    return file, fake
