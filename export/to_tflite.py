"""Exports a checkpoint to a `.tflite` file for the edge.

    python export/to_tflite.py runs/first/model.keras --out model.tflite    # int8; digits 1 minute, photos 5 to 15
    python export/to_tflite.py runs/first/model.keras --out float.tflite --variant float32

Settles ranges and fine-tunes under fake quantization, converts, and lets the file pass only if two gates hold: operators
(every convolution and dense layer of the types that the variant promises) and parity (what the demo finds with the file,
against what it would find with the network, in the same pictures). `python export/benchmark.py` says which variant to take
to which device.

    python export/to_tflite.py runs/align --out align.tflite    # an aligner, 3 minutes; --variant float32 or int8-ptq

An aligner's file can be asked by `getnet_tf.alignment.evaluate`; `python export/join.py` puts it into a model's.
"""

import argparse
import dataclasses
import json
import pathlib
import sys

from export.align_plan import align_plan_of
from export.plan import (
    LEARNING_RATE,
    PARITY_IMAGES,
    PRETRAINED_LEARNING_RATE,
    PRETRAINED_STEPS,
    STEPS,
    check_place,
    plan_of,
)
from export.variant import VARIANTS
from getnet_tf.alignment.card import is_aligner
from getnet_tf.console import start_tensorflow
from getnet_tf.errors import report_errors
from getnet_tf.training.run_folder import write_text


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python export/to_tflite.py",
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("checkpoint", type=pathlib.Path, help="model.keras, or the run folder that holds it")
    add("--out", type=pathlib.Path, required=True, metavar="FILE.tflite", help="the file to write")
    own = argparse.SUPPRESS  # the help texts name the defaults, which depend on the network
    add(
        "--variant",
        choices=VARIANTS,
        default=own,
        help="float32, float16 (half the size), dynamic (int8 weights), int8-ptq (int8, ranges settled on training images), "
        "int8-qat (fine-tuned besides) (default: int8-qat, int8-ptq without steps, as with a pretrained backbone or an aligner)",
    )
    add(
        "--input",
        choices=("float32", "int8"),
        default="float32",
        help="type of the images that go in; int8: a step per grey level, so that 8-bit pictures lose nothing",
    )
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
        help="instead of the data the checkpoint was trained on, as its training takes it",
    )
    add(
        "--parity-images",
        type=int,
        default=PARITY_IMAGES,
        help="test images, or an aligner's pairs, to compare on, at most",
    )
    add("--report", type=pathlib.Path, metavar="FILE.json", help="write the measured agreement here")
    return parser


def export(checkpoint, out, variant=None, splits=None, **settings):
    """Exports a checkpoint, of a network that finds or of an aligner; the file appears only if the gates hold.

    Args:
        checkpoint, out, variant, settings: as `plan.plan_of` takes them, or `align_plan.align_plan_of`.
        splits: as `exporter.export` takes it.

    Returns:
        `exporter.Report` or `aligner.Report`.

    Raises:
        InputError: if the input is bad or a gate fails.
    """
    if is_aligner(checkpoint):
        plan = align_plan_of(checkpoint, out, variant, **settings)
        start_tensorflow()
        from export import aligner

        return aligner.export(plan)
    plan = plan_of(checkpoint, out, variant, **settings)
    start_tensorflow()
    from export import exporter

    return exporter.export(plan, splits)


def run(options):
    """Exports, and writes the report."""
    if options.report:
        check_place(options.report, "--report")
    said = {name: getattr(options, name) for name in ("steps", "learning_rate") if hasattr(options, name)}
    report = export(
        options.checkpoint,
        options.out,
        getattr(options, "variant", None),
        data=options.data,
        images=options.parity_images,
        int8_images=options.input == "int8",
        **said,
    )
    if options.report:
        write_text(options.report, json.dumps(dataclasses.asdict(report), indent=1) + "\n")


def main(argv=None):
    """The command line; returns the exit code."""
    return report_errors(run, build_parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
