"""Puts the files of an aligner, a describer and a teller, or some of them, into a model's: one that finds a thing, knows it and says how it lies.

    python export/join.py model.tflite align.tflite --out joined.tflite      # seconds
    python export/join.py model.tflite align.tflite cells.tflite telling.tflite --out joined.tflite

The file has the signatures of all, and of what several have, such as the kernels of one backbone, one copy. Its metadata is the model's,
and in `aligner` says what the aligner's file says of itself, in `cells` and `layout` what the describer's does, in `telling` and again in
`layout`, the weights of the decision, what the teller's does. It is written only if every signature computes what it did, bit by bit.
"""

import argparse
import dataclasses
import pathlib
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from edge_demo.model import metadata as model_metadata
from edge_demo.native_log import captured_stderr
from edge_demo.output_file import OutputFile
from edge_demo.whole_file import beside
from export.flatbuffer import packed, parsed
from export.map_plan import DECIDING
from export.plan import check_place
from getnet_tf import archive
from getnet_tf.alignment.card import AlignCard
from getnet_tf.errors import InputError, report_errors
from getnet_tf.individuals.card import CellsCard
from getnet_tf.individuals.telling.card import TellingCard

# What the camera program can make use of, and the field of `Metadata` that says of it.
PARTS = {AlignCard: "aligner", CellsCard: "cells", TellingCard: "telling"}
ADVICE = "Make it with: python export/to_tflite.py RUN --out part.tflite"


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python export/join.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("finder", type=pathlib.Path, metavar="FINDER.tflite", help="a model file, as edge_demo takes it")
    add(
        "parts",
        type=pathlib.Path,
        nargs="+",
        metavar="PART.tflite",
        help="the files of an aligner, a describer, a teller, one of each at most",
    )
    add(
        "--out",
        type=pathlib.Path,
        action=OutputFile,
        required=True,
        metavar="FILE.tflite",
        help="the file to write",
    )
    return parser


def join(finder, parts, out):
    """Joins files; the new one appears only if it computes what they do.

    Args:
        finder, out: paths.
        parts: list of paths.

    Raises:
        InputError or EdgeError: if one of the files is not what it should be, or the joined one computes something else.
    """
    check_place(out, "--out")
    fields = model_metadata.read(finder)
    content = model_metadata.read_flatbuffer(finder)
    owner = dict.fromkeys(signatures_of(content), finder)
    sizes, wanted = [len(content)], answers(content)
    for part in parts:
        own = model_metadata.read_flatbuffer(part)
        said, names = said_by(part), signatures_of(own)
        if fields.telling is not None and "telling" not in said:
            said.pop("layout", None)  # the teller decides, whatever the order
        fields = dataclasses.replace(fields, **said)
        if taken := sorted(names & owner.keys()):
            raise InputError(
                f"{owner[taken[0]]} has {', '.join(taken)} already, as {part} has. Give a model without, and each kind of "
                f"part once."
            )
        owner |= dict.fromkeys(names, part)
        content = joined(content, own)
        sizes.append(len(own))
        wanted |= answers(own)
    found = answers(content)
    for name, expected in wanted.items():
        if not all(np.array_equal(found[name][key], value) for key, value in expected.items()):
            raise InputError(f"The joined file's `{name}` computes something else. Nothing was written.")
    with beside(out) as partial:
        partial.write_bytes(content)
        model_metadata.append(partial, fields)
    given = " and ".join(f"{size / 1e3:.0f} kB" for size in sizes)
    print(f"joined      {given}: {len(content) / 1e3:.0f} kB")


def joined(first, second):
    """The flatbuffers of two models -> that of one with the graphs and signatures of both; equal buffers are there once: bytes."""
    model, more = parsed(first), parsed(second)
    codes = _places(model.operatorCodes, more.operatorCodes, lambda code: tuple(vars(code).values()))
    # What holds nothing, as all that is computed, is the first buffer by the schema.
    buffers = _places(
        model.buffers, more.buffers, lambda buffer: b"" if buffer.data is None else bytes(buffer.data)
    )
    for graph in more.subgraphs:
        for tensor in graph.tensors:
            tensor.buffer = buffers[tensor.buffer]
        for operator in graph.operators:
            operator.opcodeIndex = codes[operator.opcodeIndex]
    for signature in more.signatureDefs:
        signature.subgraphIndex += len(model.subgraphs)
    model.subgraphs += more.subgraphs
    model.signatureDefs += more.signatureDefs
    return packed(model)


def _places(things, others, content):
    """Where each of some things is among others, which it joins if none of equal content is there: list of int."""
    known = {}
    for place, thing in enumerate(things):
        known.setdefault(content(thing), place)
    places = []
    for thing in others:
        if content(thing) not in known:
            known[content(thing)] = len(things)
            things.append(thing)
        places.append(known[content(thing)])
    return places


def said_by(path):
    """What the file of a part says of itself, as fields of a model's `Metadata`: dict."""
    for card_class, field in PARTS.items():
        if card_class.is_in(path):
            said = archive.read_fields(path, card_class.member, f"is no file of a {card_class.noun}", ADVICE)
            layout = {"layout": said.pop("layout", None)} if card_class in DECIDING else {}
            return {field: said} | layout
    *first, last = (card_class.member for card_class in PARTS)
    members = f"{', '.join(first)} or {last}"
    raise InputError(
        f"{path}: expected the file of an aligner, a describer or a teller, found no {members} behind it. {ADVICE}"
    )


def signatures_of(flatbuffer):
    """The names of a model's signatures: set."""
    return {signature.signatureKey.decode() for signature in parsed(flatbuffer).signatureDefs or []}


def answers(flatbuffer):
    """What every signature of a model gives for random inputs, the same every time: dict of dict of arrays."""
    with captured_stderr():
        interpreter = Interpreter(model_content=flatbuffer, num_threads=1)
        runners = {name: interpreter.get_signature_runner(name) for name in interpreter.get_signature_list()}
        return {name: runner(**_random_inputs(runner)) for name, runner in runners.items()}


def _random_inputs(runner):
    rng, given = np.random.default_rng(0), {}
    for key, detail in sorted(runner.get_input_details().items()):
        values = rng.random(detail["shape"], np.float32)
        given[key] = (255 * values - 128).astype(np.int8) if detail["dtype"] == np.int8 else values
    return given


def run(options):
    """Joins as the command line says."""
    join(options.finder, options.parts, options.out)


def main(argv=None):
    """The command line; returns the exit code."""
    return report_errors(lambda: run(build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
