"""From a checkpoint to a file, step by step: load, emulate, convert, gate operators, calibrate, compare, gate parity.

The file is written beside its place and moved there only if both gates hold: operators (every convolution and dense layer of
the types that its variant promises) and parity (what the demo finds with the file is what it would find with the network).
"""

import dataclasses
import functools

import numpy as np

from edge_demo.model import metadata as model_metadata
from edge_demo.model.matcher import Matcher
from edge_demo.model.preprocess import frame_to_input, reference_to_input
from export import delegate, flatbuffer, parity, quantize
from export.apart import apart
from export.convert import to_flatbuffer
from export.loaded import held_out_of, load
from export.twin import Twin
from getnet_tf.data.picture import with_references
from getnet_tf.errors import InputError
from getnet_tf.evaluation.calibration import calibrate
from getnet_tf.evaluation.early_no import early_no_of
from getnet_tf.evaluation.predictor import TFLitePredictor, predict_pairs
from getnet_tf.graph import graph_of
from getnet_tf.metadata import metadata_of
from getnet_tf.training.run_folder import pair_seeds

AT_ONCE = 8  # pictures, or pairs of a pretrained backbone, at most


@dataclasses.dataclass(frozen=True)
class Report:
    """What was made, and how it was measured. Agreements are those of `parity.Agreements`."""

    variant: str
    bytes: int
    threshold: float
    float_fake: parity.Agreement | None
    float_file: parity.Agreement
    fake_file: parity.Agreement | None
    float_cut: parity.Agreement
    partitions: dict  # signature -> pieces that the delegate runs, see `delegate.partitions`
    operators: list  # as `flatbuffer.counted` gives them


def export(plan, splits=None):
    """Exports a checkpoint; the file appears only if the gates hold.

    Args:
        plan: `plan.Plan`.
        splits: dict of "train", "val" and "test" in place of what the data names, as `getnet_tf.data.source.load` gives it.

    Returns:
        `Report`.

    Raises:
        InputError: if the input is bad or a gate fails.
    """
    # First, so that a place that cannot be written is known before any work.
    with apart(plan.out) as partial:
        loaded = load(plan.checkpoint, plan.data, splits)
        print(f"loaded      {plan.checkpoint}", flush=True)
        held_out = held_out_of(loaded, plan.images)
        in_float = quantize.rebuilt_branch(loaded.network, quantized=False)
        emulation = emulated(loaded, in_float, plan) if plan.variant.emulated else None
        content = to_flatbuffer(emulation or in_float, plan.variant, plan.int8_images)
        operators, pieces = gate_operators(content, plan.variant)
        calibration = write(partial, content, loaded, plan.variant)
        matcher = Matcher(partial, num_threads=2)  # as the demo does
        agreements = compared(matcher, in_float, emulation, held_out)
        gate_parity(agreements, plan.variant, loaded.deep)
    size = plan.out.stat().st_size
    print(f"wrote       {plan.out} ({size / 1e3:.0f} kB, threshold {calibration.threshold:.3f})")
    return Report(
        variant=plan.variant.name,
        bytes=size,
        threshold=calibration.threshold,
        partitions=pieces,
        operators=flatbuffer.counted(operators),
        **vars(agreements),
    )


def emulated(loaded, in_float, plan):
    """The network under fake quantization, its ranges settled and, if the plan says so, fine-tuned: `Branch`."""
    train, steps = loaded.card.config.train, plan.steps
    branch = quantize.rebuilt_branch(loaded.network, quantized=True)
    pairs = loaded.pairs("train", pair_seeds(train.seed)[2])
    size = min(train.batch, AT_ONCE) if loaded.deep else train.batch

    def batches(first, last):
        batches = pairs.dataset(first, last, size).as_numpy_iterator()
        return (with_references(batch, loaded.network.config) for batch in batches)

    settling = quantize.SETTLING_BATCHES
    quantize.settle_ranges(branch, batches(0, settling))
    print(f"settled     ranges of all activations on {settling * size} pairs", flush=True)
    if steps:
        if loaded.deep:
            loss = functools.partial(quantize.likeness_loss, teacher=in_float)
        else:
            loss = functools.partial(quantize.pair_loss, margin=train.margin, teacher=in_float)
        fresh = batches(settling, settling + steps)
        quantize.fine_tune(branch, fresh, steps, loss, plan.learning_rate, _reporting(steps))
    return branch


def gate_operators(content, variant):
    """What a file is made of.

    Returns:
        list of `flatbuffer.Operator`, and what `delegate.partitions` gives.

    Raises:
        InputError: if a convolution or dense layer has other types than the variant promises.
    """
    found, pieces = flatbuffer.operators(content), delegate.partitions(content)
    print(f"converted   {len(content) / 1e3:.0f} kB: {flatbuffer.summary(found)}", flush=True)
    print(f"delegate    {', '.join(f'{n} in {count}' for n, count in pieces.items())} pieces", flush=True)
    stray = {f"{op.name} ({' '.join(op.dtypes)}) in {op.signature}" for op in found if variant.is_stray(op)}
    if stray:
        raise InputError(
            f"Not every convolution and dense layer has {variant.weights} weights and {variant.activations} activations: "
            f"{', '.join(sorted(stray))}. Nothing was written."
        )
    return found, pieces


def write(path, content, loaded, variant):
    """Writes a file with what it says about itself.

    Rounded to 8 bits distances are others, so there the threshold is fitted on the file's own.

    Returns:
        `Calibration`.
    """
    card, calibration = loaded.card, loaded.card.calibration
    path.write_bytes(content)
    model_metadata.append(path, metadata_of(card, calibration, variant.name))
    if variant.activations == "int8":
        pairs = loaded.pairs("val", pair_seeds(card.config.train.seed)[1])
        found = predict_pairs(TFLitePredictor(path), pairs.once(size=50))
        calibration = calibrate(found.label, found.distance)
        model_metadata.append(path, metadata_of(card, calibration, variant.name))
    pairs = loaded.pairs("val", pair_seeds(card.config.train.seed)[1])
    early_no = early_no_of(Matcher(path, num_threads=2), pairs.once(size=50))
    model_metadata.append(path, metadata_of(card, calibration, variant.name, early_no))
    return calibration


def compared(matcher, in_float, emulation, held_out):
    """What the demo finds with a file, with the network that it was made of, and with what is between them.

    Args:
        matcher: `Matcher` of the file.
        in_float: `Branch`, the network.
        emulation: `Branch` under fake quantization, or None.
        held_out: `HeldOut`.

    Returns:
        `parity.Agreements`.
    """
    fields, pictures = matcher.metadata, (held_out.frames_bgr_u8, held_out.shown_bgr_u8)
    of_float = parity.run_matcher(Twin(in_float, fields), *pictures)
    of_file = parity.run_matcher(matcher, *pictures)
    float_cut = parity.agreement(_run_network(in_float, fields, held_out), of_float)
    float_file = parity.agreement(of_float, of_file)
    if emulation is None:
        return parity.Agreements(float_cut, float_file)
    of_fake = parity.run_matcher(Twin(emulation, fields), *pictures)
    float_fake, fake_file = parity.agreement(of_float, of_fake), parity.agreement(of_fake, of_file)
    return parity.Agreements(float_cut, float_file, float_fake, fake_file)


def gate_parity(agreements, variant, deep):
    """Raises InputError if the demo would not find with a file what it would find with the network.

    Args:
        agreements: of `compared`.
        variant: `Variant` of the file.
        deep: as `parity.refusal` takes it.
    """
    print(agreements, flush=True)
    refusal = parity.refusal(variant, agreements, deep)
    if refusal:
        raise InputError(f"The file does not compute what was trained: {refusal}. Nothing was written.")


def _run_network(branch, fields, held_out):
    """What a network finds by itself, areas sampled from its own image: as `parity.run_images`."""
    inputs = [np.concatenate([frame_to_input(frame, fields) for frame in held_out.frames_bgr_u8])]
    if held_out.shown_bgr_u8 is not None:
        inputs.append(np.concatenate([reference_to_input(shown, fields) for shown in held_out.shown_bgr_u8]))
    search = graph_of(branch.search)
    return parity.run_images(search, *inputs, size=AT_ONCE)


def _reporting(steps):
    return lambda step, loss: print(f"fine-tuned  step {step} of {steps}, loss {loss:.4f}", flush=True)
