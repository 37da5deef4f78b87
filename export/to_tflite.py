"""Exports a checkpoint to a `.tflite` file for the edge.

    python export/to_tflite.py runs/first/model.keras --out model.tflite    # int8; digits 1 minute, photos 5 to 15
    python export/to_tflite.py runs/first/model.keras --out float.tflite --variant float32

Settles ranges and fine-tunes under fake quantization, converts, and lets the file pass only if two gates hold: operators
(every convolution and dense layer of the types that the variant promises) and parity (what the demo finds with the file,
against what it would find with the network, in the same pictures). `python export/benchmark.py` says which variant to take
to which device.

    python export/to_tflite.py runs/align --out align.tflite    # an aligner, 3 minutes; --variant float32 or int8-ptq
    python export/to_tflite.py runs/cells --out cells.tflite    # a describer, likewise
    python export/to_tflite.py runs/telling --out telling.tflite   # a teller, likewise
    python export/to_tflite.py runs/code --out code.tflite      # what makes codes of pictures, likewise

`python export/join.py` puts the files of an aligner, of a describer and of a teller into a model's.
"""

import argparse
import dataclasses
import json
import pathlib
import sys

from edge_demo.manual import Manual
from edge_demo.output_file import OutputFile
from export.map_plan import card_class_of, map_plan_of
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
from getnet_tf.alignment.card import AlignCard
from getnet_tf.console import start_tensorflow
from getnet_tf.errors import InputError, report_errors
from getnet_tf.individuals.card import CellsCard
from getnet_tf.individuals.telling.card import TellingCard
from getnet_tf.retrieval.card import CodeCard
from getnet_tf.training.run_folder import write_text


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python export/to_tflite.py",
        description=__doc__.splitlines()[0],
        formatter_class=Manual,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("checkpoint", type=pathlib.Path, help="model.keras, or the run folder that holds it")
    add(
        "--out",
        type=pathlib.Path,
        action=OutputFile,
        required=True,
        metavar="FILE.tflite",
        help="the file to write",
    )
    own = argparse.SUPPRESS  # the help texts name the defaults, which depend on the network
    add(
        "--variant",
        choices=VARIANTS,
        default=own,
        help="float32, float16 (half the size), dynamic (int8 weights), int8-ptq (int8, ranges settled on training images), "
        "int8-qat (fine-tuned besides) (default: int8-qat; int8-ptq without steps, as with a pretrained backbone, an aligner, a "
        "describer, a teller or a coder)",
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
    add(
        "--decision",
        dest="weights",
        type=pathlib.Path,
        default=own,
        metavar="FILE.json",
        help="weights by which the search decides with a describer's or a teller's cells (default: those that ship)",
    )
    add(
        "--report",
        type=pathlib.Path,
        action=OutputFile,
        metavar="FILE.json",
        help="write the measured agreement here",
    )
    return parser


def export(checkpoint, out, variant=None, splits=None, weights=None, **settings):
    """Exports a checkpoint, of a network that finds, an aligner, a describer, a teller or a coder; the file appears only if the gates hold.

    Args:
        checkpoint, out, variant, settings: as `plan.plan_of` takes them, or `map_plan.map_plan_of`.
        splits: as `exporter.export` takes it.
        weights: of the decision, for a describer or a teller, as `map_plan.map_plan_of` takes them.

    Returns:
        `exporter.Report` or `on_maps.Report`.

    Raises:
        InputError: if the input is bad or a gate fails.
    """
    card_class = card_class_of(checkpoint)
    if card_class:
        return _export_on_maps(card_class, map_plan_of(checkpoint, out, variant, weights=weights, **settings))
    plan = plan_of(checkpoint, out, variant, **settings)
    if weights is not None:
        raise InputError("--decision does not apply to a network that finds. Leave it out.")
    start_tensorflow()
    from export import exporter

    return exporter.export(plan, splits)


def _export_on_maps(card_class, plan):
    start_tensorflow()
    from export import aligner, cells, coder, on_maps, telling

    kinds = {
        AlignCard: aligner.KIND,
        CellsCard: cells.KIND,
        TellingCard: telling.KIND,
        CodeCard: coder.KIND,
    }
    return on_maps.export(kinds[card_class], plan)


def run(options):
    """Exports, and writes the report."""
    if options.report:
        check_place(options.report, "--report")
    said = {
        name: getattr(options, name)
        for name in ("steps", "learning_rate", "weights")
        if hasattr(options, name)
    }
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
    return report_errors(lambda: run(build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
