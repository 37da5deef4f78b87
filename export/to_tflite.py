"""Exports a checkpoint to a `.tflite` file for the edge.

    python export/to_tflite.py runs/first/model.keras --out model.tflite    # int8; digits 1 minute, photos 5 to 15
    python export/to_tflite.py runs/first/model.keras --out float.tflite --variant float32

Fine-tunes under fake quantization, converts, and lets the file pass only if two gates hold: parity (the network that was
converted against the file, on the same images) and operators (every convolution and dense layer of the types that the
variant promises). `python export/benchmark.py` says which variant to take to which device.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import sys
import tempfile

from export.variant import VARIANTS
from getnet_tf.card import read_card
from getnet_tf.choices import PRETRAINED
from getnet_tf.console import start_tensorflow
from getnet_tf.errors import InputError, report_errors
from getnet_tf.training.run_folder import write_text

STEPS, LEARNING_RATE = 600, 1e-4  # of fine-tuning
# Large pretrained networks: with ranges settled and kernels fitted, fine-tuning on a few hundred pairs only took them
# further from float (mean cosine of the embeddings 0.92 after 40 steps, 0.95 without).
PRETRAINED_STEPS, PRETRAINED_LEARNING_RATE = 0, 1e-5
PRETRAINED_BATCH = 8  # pairs at once of such a network


@dataclasses.dataclass(frozen=True)
class Report:
    """What was made, and how it was measured. Agreements are `parity.Agreement`; None without an emulation."""

    variant: str
    bytes: int
    threshold: float
    float_fake: object  # the emulation against the network in float
    float_file: object  # the file against the network in float
    fake_file: object  # the file against its emulation
    partitions: dict  # signature -> pieces that the delegate runs, see `delegate.partitions`
    operators: list  # as `flatbuffer.counted` gives them


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python export/to_tflite.py",
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("checkpoint", type=pathlib.Path, help="model.keras, or the run folder that holds it")
    add("--out", type=pathlib.Path, required=True, metavar="FILE.tflite", help="the file to write")
    add(
        "--variant",
        choices=VARIANTS,
        default="int8-qat",
        help="float32, float16 (half the size), dynamic (int8 weights), int8-ptq (int8, ranges settled on training images), "
        "int8-qat (fine-tuned besides)",
    )
    add(
        "--input",
        choices=("float32", "int8"),
        default="float32",
        help="type of the images that go in; int8: a step per grey level, so that 8-bit pictures lose nothing",
    )
    own = argparse.SUPPRESS  # the help texts name the defaults, which depend on the network
    add(
        "--steps",
        type=int,
        default=own,
        help=f"of fine-tuning under fake quantization; 0: only settle the ranges (default: {STEPS}, "
        f"{PRETRAINED_STEPS} with a pretrained backbone)",
    )
    add(
        "--learning-rate",
        type=float,
        default=own,
        help=f"of fine-tuning, at the start (default: {LEARNING_RATE}, {PRETRAINED_LEARNING_RATE} with a pretrained "
        f"backbone)",
    )
    add(
        "--data",
        metavar="SOURCE",
        help="instead of the data the checkpoint was trained on, as train takes it",
    )
    add("--parity-images", type=int, default=500, help="test images that both forms must agree on, at most")
    add("--report", type=pathlib.Path, metavar="FILE.json", help="write the measured agreement here")
    return parser


def export(
    checkpoint_path,
    out,
    variant="int8-qat",
    steps=None,
    learning_rate=None,
    data=None,
    images=500,
    splits=None,
    int8_images=False,
):
    """Exports a checkpoint; the file appears only if the gates hold.

    Args:
        checkpoint_path: of the `.keras` file or its run folder.
        out: path of the file to write.
        variant: a name in `variant.VARIANTS`.
        steps, learning_rate: of fine-tuning; None for the defaults of the network.
        data: source of pictures, if not that of the training.
        images: how many the parity gate looks at.
        splits: dict of "train", "val" and "test" in place of what `data` names, as `getnet_tf.data.source.load` gives it.
        int8_images: whether the file takes images as int8.

    Returns:
        `Report`.

    Raises:
        InputError: if the input is bad or a gate fails.
    """
    form = VARIANTS[variant]
    pretrained = read_card(checkpoint_path).config.model.backbone in PRETRAINED
    if steps is None:
        steps = PRETRAINED_STEPS if pretrained else STEPS
    if learning_rate is None:
        learning_rate = PRETRAINED_LEARNING_RATE if pretrained else LEARNING_RATE
    if steps < 0 or images < 1:
        raise InputError(
            f"Expected steps of at least 0, images of at least 1, received {steps} and {images}."
        )
    if not out.parent.is_dir():
        raise InputError(f"No such folder: {out.parent}. Make it, or give another --out.")
    # First, so that a place that cannot be written is known before any work.
    with _beside(out) as partial:
        start_tensorflow()
        from edge_demo.model import metadata as model_metadata
        from edge_demo.model.matcher import Matcher
        from export import delegate, flatbuffer, parity
        from export.convert import to_flatbuffer
        from export.quantize import rebuilt_branch
        from getnet_tf import checkpoint
        from getnet_tf.data import source
        from getnet_tf.data.source import pairs_of
        from getnet_tf.evaluation.calibration import calibrate
        from getnet_tf.evaluation.early_no import early_no_of
        from getnet_tf.evaluation.predictor import TFLitePredictor, predict_pairs
        from getnet_tf.metadata import metadata_of
        from getnet_tf.training.run_folder import pair_seeds

        network, card = checkpoint.load(checkpoint_path)
        data_config = card.config.data if data is None else dataclasses.replace(card.config.data, source=data)
        splits = splits or source.load(data_config)
        print(f"loaded      {checkpoint_path}", flush=True)

        float_branch, calibration = rebuilt_branch(network, quantized=False), card.calibration
        test_pairs = pairs_of(splits["test"], data_config, network.config.image_hw, 7)
        held_out = _held_out(test_pairs, network.config, images)
        in_float = _in_tensorflow(float_branch, held_out)
        float_fake, branch, in_fake = None, float_branch, None
        if form.emulated:
            steps = steps if form.fine_tuned else 0
            branch = _quantize(network, float_branch, card, splits, data_config, steps, learning_rate)
            in_fake = _in_tensorflow(branch, held_out)
            float_fake = parity.agreement(in_float, in_fake)
            print(f"emulated    against float: {_describe(float_fake)}", flush=True)
            if not pretrained:
                label, distance = _validation_distances(branch, splits, data_config, card.config.train.seed)
                calibration = calibrate(label, distance)

        content = to_flatbuffer(branch, form, int8_images)
        found = flatbuffer.operators(content)
        pieces = delegate.partitions(content)
        print(f"converted   {len(content) / 1e3:.0f} kB: {flatbuffer.summary(found)}", flush=True)
        print(
            f"delegate    {', '.join(f'{name} in {count}' for name, count in pieces.items())} pieces",
            flush=True,
        )
        stray = [op for op in found if form.is_stray(op)]
        if stray:
            names = ", ".join(
                sorted({f"{op.name} ({' '.join(op.dtypes)}) in {op.signature}" for op in stray})
            )
            promised = f"{form.weights} weights and {form.activations} activations"
            raise InputError(
                f"Not every convolution and dense layer has {promised}: {names}. Nothing was written."
            )

        metadata = metadata_of(card, calibration, variant)
        partial.write_bytes(content)
        model_metadata.append(partial, metadata)
        val = pairs_of(
            splits["val"], data_config, network.config.image_hw, pair_seeds(card.config.train.seed)[1]
        )
        if pretrained and form.activations == "int8":
            # The file is faster than its emulation, and is what the threshold is for.
            predictions = predict_pairs(TFLitePredictor(partial), val.once(size=50))
            calibration = calibrate(predictions.label, predictions.distance)
            model_metadata.append(partial, metadata_of(card, calibration, variant))
        early_no = early_no_of(Matcher(partial, num_threads=2), val.once(size=50))
        model_metadata.append(partial, metadata_of(card, calibration, variant, early_no))
        in_file = parity.run_file(Matcher(partial, num_threads=2), *held_out)
        float_file = parity.agreement(in_float, in_file)
        fake_file = None if in_fake is None else parity.agreement(in_fake, in_file)
        print(f"file        against float: {_describe(float_file)}")
        if fake_file:
            print(f"parity      against its emulation: {_describe(fake_file)}")
        refusal = parity.refusal(form, float_file, float_fake, fake_file, deep=branch.trunk is not None)
        if refusal:
            raise InputError(f"The file does not compute what was trained: {refusal}. Nothing was written.")
    size = out.stat().st_size
    print(f"wrote       {out} ({size / 1e3:.0f} kB, threshold {calibration.threshold:.3f})")
    return Report(
        variant,
        size,
        calibration.threshold,
        float_fake,
        float_file,
        fake_file,
        pieces,
        flatbuffer.counted(found),
    )


def _held_out(pairs, config, limit):
    """Images, and guided also what each is searched for: a list of arrays."""
    import numpy as np

    from getnet_tf.data.picture import with_references

    first = next(pairs.once(1))["image0"]
    if first.shape[1:] != (*config.image_hw, config.channels):
        raise InputError(
            f"The checkpoint takes pictures of {(*config.image_hw, config.channels)} (height, width, channels), --data gives "
            f"{first.shape[1:]}. Give pictures of the kind that it was trained on."
        )
    batches = [with_references(batch, config) for batch in pairs.once(limit)]
    names = ("image0", "reference1") if config.localiser == "guided" else ("image0",)
    return [np.concatenate([batch[name] for batch in batches]) for name in names]


def _in_tensorflow(branch, held_out):
    import tensorflow as tf

    from export import parity

    size = PRETRAINED_BATCH if branch.trunk is not None else 250
    return parity.run_images(tf.function(branch.search, reduce_retracing=True), *held_out, size=size)


def _quantize(network, float_branch, card, splits, data_config, steps, learning_rate):
    import functools

    from export import quantize
    from getnet_tf.data.picture import with_references
    from getnet_tf.data.source import pairs_of
    from getnet_tf.training.run_folder import pair_seeds

    config, train = network.config, card.config.train
    branch = quantize.rebuilt_branch(network, quantized=True)
    pairs = pairs_of(splits["train"], data_config, config.image_hw, pair_seeds(train.seed)[2])
    size = train.batch if branch.trunk is None else min(train.batch, PRETRAINED_BATCH)

    def batches(first, last):
        return (with_references(b, config) for b in pairs.dataset(first, last, size).as_numpy_iterator())

    settling = quantize.SETTLING_BATCHES
    quantize.settle_ranges(branch, batches(0, settling))
    print(f"settled     ranges of all activations on {settling * size} pairs", flush=True)
    if branch.trunk is None:
        loss = functools.partial(quantize.pair_loss, margin=train.margin, teacher=float_branch)
    else:
        loss = functools.partial(quantize.likeness_loss, teacher=float_branch)

    def report(step, value):
        print(f"fine-tuned  step {step} of {steps}, loss {value:.4f}", flush=True)

    quantize.fine_tune(branch, batches(settling, settling + steps), steps, loss, learning_rate, report)
    return branch


def _validation_distances(branch, splits, data_config, seed):
    import numpy as np
    import tensorflow as tf

    from export.quantize import run_pair
    from getnet_tf.data.picture import with_references
    from getnet_tf.data.source import pairs_of
    from getnet_tf.training.run_folder import pair_seeds

    @tf.function(reduce_retracing=True)
    def distances(pair):
        return run_pair(branch, pair, training=False)["distance"]

    size = PRETRAINED_BATCH if branch.trunk is not None else 250
    pairs = pairs_of(splits["val"], data_config, branch.config.image_hw, pair_seeds(seed)[1])
    label, distance = [], []
    for batch in pairs.once(size=size):
        pair = with_references(batch, branch.config)
        names = [name for name in pair if name.startswith(("image", "reference"))]
        label.append(batch["label"])
        distance.append(distances({name: tf.constant(pair[name]) for name in names}))
    return np.concatenate(label), np.concatenate(distance)


def _describe(agreement):
    theta = ""
    if agreement.theta_p99 is not None:
        theta = f"theta p99 {agreement.theta_p99:.4f} (mean {agreement.theta_mean:.4f}), "
    cosine = f"cosine p1 {agreement.cosine_p1:.5f} (mean {agreement.cosine_mean:.5f})"
    return f"{theta}{cosine}, {agreement.images} images"


@contextlib.contextmanager
def _beside(out):
    """A path to write to; renamed to `out` if all goes well, removed if not."""
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=".partial-", suffix=".tflite")
    os.close(handle)
    partial = pathlib.Path(name)
    try:
        yield partial
        partial.chmod(0o644)
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)


def main(argv=None):
    """The command line; returns the exit code."""
    o = build_parser().parse_args(argv)

    def run():
        steps, learning_rate = getattr(o, "steps", None), getattr(o, "learning_rate", None)
        report = export(
            o.checkpoint,
            o.out,
            o.variant,
            steps,
            learning_rate,
            o.data,
            o.parity_images,
            int8_images=o.input == "int8",
        )
        if o.report:
            write_text(o.report, json.dumps(dataclasses.asdict(report), indent=1) + "\n")

    return report_errors(run)


if __name__ == "__main__":
    sys.exit(main())
